// Precompiled for radonc::radonc and its tests: torch's headers cost half a minute a file.
#pragma once

#include <torch/torch.h>
