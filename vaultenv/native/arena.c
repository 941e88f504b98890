#include "arena.h"

#include <Python.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <sys/mman.h>

enum {
    HUGE_PAGE = 2 << 20, /* the first is one page fault, where the kernel has such a page to give; nothing fills a second */
    ALL = 2 * HUGE_PAGE,
    PYTHONS = 5 * HUGE_PAGE / 4, /* it takes 1.8 MiB up to the exec, OpenSSL 0.6, or 1.6 with a bundle of CAs */
    ALIGNMENT = 16,
    HEADER = sizeof(size_t), /* a block's size stands before it */
    LISTED = 2048,           /* freed blocks below this size are used again */
};

/* Blocks one after the other; freed ones wait in a list for their size. */
struct arena {
    char *start, *next, *end;
    void *freed[LISTED / ALIGNMENT];
    int is_shared; /* by threads that do not hold Python's lock */
    atomic_flag busy;
};

/* An arena, and the allocator that serves when it cannot. */
struct source {
    struct arena *arena;
    PyMemAllocatorEx usual;
};

static struct arena for_python, for_c = {.is_shared = 1};
static struct source sources[] = {
    [PYMEM_DOMAIN_RAW] = {&for_c}, [PYMEM_DOMAIN_MEM] = {&for_python}, [PYMEM_DOMAIN_OBJ] = {&for_python}};

static void lock(struct arena *arena)
{
    while (arena->is_shared && atomic_flag_test_and_set_explicit(&arena->busy, memory_order_acquire))
        ;
}

static void unlock(struct arena *arena)
{
    if (arena->is_shared)
        atomic_flag_clear_explicit(&arena->busy, memory_order_release);
}

static int has(const struct arena *arena, const void *block)
{
    return (const char *)block >= arena->start && (const char *)block < arena->end;
}

static size_t *stride_of(void *block)
{
    return (size_t *)((char *)block - HEADER);
}

/* The bytes from one block to the next. */
static size_t stride(size_t size)
{
    return (size + HEADER + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static int is_last(const struct arena *arena, void *block)
{
    return (char *)block + *stride_of(block) == arena->next;
}

static void *take(struct arena *arena, size_t size)
{
    size_t needed = stride(size);
    void **list = needed < LISTED ? &arena->freed[needed / ALIGNMENT] : NULL, *block = NULL;
    if (size > HUGE_PAGE)
        return NULL;
    lock(arena);
    if (list && *list) {
        block = *list;
        *list = *(void **)block;
    } else if (needed <= (size_t)(arena->end - arena->next)) {
        block = arena->next;
        arena->next += needed;
        *stride_of(block) = needed;
    }
    unlock(arena);
    return block;
}

static void give_back(struct arena *arena, void *block)
{
    lock(arena);
    if (is_last(arena, block)) {
        arena->next = block;
    } else if (*stride_of(block) < LISTED) {
        void **list = &arena->freed[*stride_of(block) / ALIGNMENT];
        *(void **)block = *list;
        *list = block;
    }
    unlock(arena);
}

/* Whether the block could be given this size where it is. */
static int resize(struct arena *arena, void *block, size_t size)
{
    size_t needed = stride(size);
    lock(arena);
    int fits = needed <= *stride_of(block);
    if (is_last(arena, block) && needed <= (size_t)(arena->end - (char *)block)) {
        arena->next = (char *)block + needed;
        *stride_of(block) = needed;
        fits = 1;
    }
    unlock(arena);
    return fits;
}

static void *source_malloc(void *context, size_t size)
{
    struct source *source = context;
    void *block = take(source->arena, size);
    return block ? block : source->usual.malloc(source->usual.ctx, size);
}

static void *source_calloc(void *context, size_t count, size_t size)
{
    struct source *source = context;
    void *block = count && size > HUGE_PAGE / count ? NULL : take(source->arena, count * size);
    return block ? memset(block, 0, count * size) : source->usual.calloc(source->usual.ctx, count, size);
}

static void source_free(void *context, void *block)
{
    struct source *source = context;
    if (has(source->arena, block))
        give_back(source->arena, block);
    else
        source->usual.free(source->usual.ctx, block);
}

static void *source_realloc(void *context, void *block, size_t size)
{
    struct source *source = context;
    if (!block)
        return source_malloc(context, size);
    if (!has(source->arena, block))
        return source->usual.realloc(source->usual.ctx, block, size);
    if (size <= HUGE_PAGE && resize(source->arena, block, size))
        return block;
    void *moved = source_malloc(context, size);
    if (moved) {
        memcpy(moved, block, *stride_of(block) - HEADER); /* it could not grow, so it is smaller */
        source_free(context, block);
    }
    return moved;
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return size ? source_malloc(&sources[PYMEM_DOMAIN_RAW], size) : NULL;
}

static void *openssl_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return source_realloc(&sources[PYMEM_DOMAIN_RAW], block, size);
}

static void openssl_free(void *block, const char *file, int line)
{
    (void)file, (void)line;
    source_free(&sources[PYMEM_DOMAIN_RAW], block);
}

static char *map_memory(size_t size)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    char *space = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (space == MAP_FAILED)
        return NULL;
    char *start = (char *)(((uintptr_t)space + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
    madvise(start, HUGE_PAGE, MADV_HUGEPAGE);
    return start;
}

static void lay_out(struct arena *arena, char *start, char *end)
{
    *arena = (struct arena){.start = start, .next = start + ALIGNMENT, .end = end, .is_shared = arena->is_shared};
}

void use_arenas(void)
{
    char *start = map_memory(ALL);
    if (!start)
        return;
    lay_out(&for_python, start, start + PYTHONS);
    lay_out(&for_c, start + PYTHONS, start + ALL);
    for (PyMemAllocatorDomain domain = PYMEM_DOMAIN_RAW; domain <= PYMEM_DOMAIN_OBJ; domain++) {
        PyMem_GetAllocator(domain, &sources[domain].usual);
        PyMemAllocatorEx ours = {&sources[domain], source_malloc, source_calloc, source_realloc, source_free};
        PyMem_SetAllocator(domain, &ours);
    }
    CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free);
}
