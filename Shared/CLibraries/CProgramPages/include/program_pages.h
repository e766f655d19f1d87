#pragma once

/// Gives the pages of the program and of its libraries that nobody can write back to the system's page cache. They are read from there
/// again when they are needed.
///
/// Any thread may call it at any time.
///
/// - Returns: bytes of address space that were given back, resident or not.
long program_pages_give_back(void);
