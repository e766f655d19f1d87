#define _GNU_SOURCE
#include "program_pages.h"

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/// The kernel's own page of code has no file that it could be read from again.
static bool is_file(const struct dl_phdr_info *object) {
    return object->dlpi_name[0] == '\0' || object->dlpi_name[0] == '/';
}

/// Code that the loader has changed in place exists nowhere else.
static bool has_relocated_text(const struct dl_phdr_info *object) {
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type != PT_DYNAMIC) {
            continue;
        }
        for (const ElfW(Dyn) *entry = (const void *)(object->dlpi_addr + part->p_vaddr); entry->d_tag != DT_NULL; entry++) {
            if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0)) {
                return true;
            }
        }
    }
    return false;
}

/// What was relocated and then made read-only lies in a segment that says it is writable.
static bool is_constant(const ElfW(Phdr) *part) {
    return part->p_type == PT_LOAD && (part->p_flags & PF_W) == 0 && part->p_filesz > 0;
}

/// The loader holds its lock meanwhile, so that no library comes or goes.
static int give_back(struct dl_phdr_info *object, size_t size, void *total) {
    (void)size;
    if (!is_file(object) || has_relocated_text(object)) {
        return 0;
    }
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (!is_constant(part)) {
            continue;
        }
        uintptr_t start = (object->dlpi_addr + part->p_vaddr) & ~(page - 1);
        uintptr_t end = (object->dlpi_addr + part->p_vaddr + part->p_filesz + page - 1) & ~(page - 1);
        if (madvise((void *)start, end - start, MADV_DONTNEED) == 0) {
            *(long *)total += (long)(end - start);
        }
    }
    return 0;
}

long program_pages_give_back(void) {
    long total = 0;
    dl_iterate_phdr(give_back, &total);
    return total;
}
