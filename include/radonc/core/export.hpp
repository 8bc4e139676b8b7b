// What a program may call.
#pragma once

/// Marks the functions and classes of the public headers. The libraries hide everything else.
#define RADONC_API __attribute__((visibility("default")))
