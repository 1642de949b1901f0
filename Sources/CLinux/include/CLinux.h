// Shims for what Swift cannot call: variadic system calls, macros, and calls that glibc does not declare.
#pragma once
#include "Accept.h"
#include "CLinuxDatagrams.h"
#include "CLinuxThread.h"
#include "Descriptors.h"
#include "FileStatus.h"
#include "Memory.h"
#include "PacketTap.h"
#include "Process.h"
