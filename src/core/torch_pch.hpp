// Precompiled for radonc::radonc and its tests: what they use of torch's headers, which cost ten seconds a file.
#pragma once

#include <torch/autograd.h>
#include <torch/library.h>
#include <torch/types.h>
#include <torch/utils.h>
