/* Uses every allocator at random, and ends with an error as soon as a block is not what it should be. */
#include <Python.h>
#include <openssl/crypto.h>

#include "arena.h"

enum { SLOTS = 700, STEPS = 400000, ALIGNMENT = 16, SMALL = 700, MEDIUM = 70000, LARGE = 3 << 20 };

struct slot {
    unsigned char *block;
    size_t size;
    int allocator; /* a domain of Python's, or OpenSSL */
};
enum { OPENSSL = PYMEM_DOMAIN_OBJ + 1, ALLOCATORS };

static struct slot slots[SLOTS];
static PyMemAllocatorEx pythons[ALLOCATORS];

static unsigned random_number(unsigned below)
{
    static unsigned long long state = 1;
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(state >> 33) % below;
}

static size_t random_size(void)
{
    unsigned kind = random_number(1000);
    return kind < 900 ? random_number(SMALL) : kind < 999 ? random_number(MEDIUM) : random_number(LARGE);
}

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void check(const struct slot *slot, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (slot->block[i] != (unsigned char)(slot - slots))
            fail("a block has lost its content");
}

static void fill(struct slot *slot)
{
    if (slot->size >= ALIGNMENT && (uintptr_t)slot->block % ALIGNMENT)
        fail("a block is not aligned");
    memset(slot->block, (int)(slot - slots), slot->size);
}

static void allocate(struct slot *slot)
{
    int zeroed = random_number(4) == 0;
    PyMemAllocatorEx *python = &pythons[slot->allocator = (int)random_number(ALLOCATORS)];
    slot->size = random_size() + (slot->allocator == OPENSSL); /* OpenSSL has no empty blocks */
    if (slot->allocator == OPENSSL)
        slot->block = zeroed ? OPENSSL_zalloc(slot->size) : OPENSSL_malloc(slot->size);
    else
        slot->block = zeroed ? python->calloc(python->ctx, 1, slot->size) : python->malloc(python->ctx, slot->size);
    if (!slot->block)
        fail("no memory");
    for (size_t i = 0; zeroed && i < slot->size; i++)
        if (slot->block[i])
            fail("a block is not zero");
    fill(slot);
}

static void resize(struct slot *slot)
{
    size_t before = slot->size;
    slot->size = random_size() + 1;
    PyMemAllocatorEx *python = &pythons[slot->allocator];
    slot->block = slot->allocator == OPENSSL ? OPENSSL_realloc(slot->block, slot->size)
                                             : python->realloc(python->ctx, slot->block, slot->size);
    check(slot, before < slot->size ? before : slot->size);
    fill(slot);
}

static void release(struct slot *slot)
{
    check(slot, slot->size);
    if (slot->allocator == OPENSSL)
        OPENSSL_free(slot->block);
    else
        pythons[slot->allocator].free(pythons[slot->allocator].ctx, slot->block);
    slot->block = NULL;
}

/* As the launcher does it: the usual allocators belong to an interpreter. */
static void start_python(void)
{
    PyPreConfig before;
    PyPreConfig_InitIsolatedConfig(&before);
    before.allocator = PYMEM_ALLOCATOR_MIMALLOC;
    Py_PreInitialize(&before);
    use_arenas();
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    config._init_main = 0;
    if (PyStatus_Exception(Py_InitializeFromConfig(&config)))
        fail("no interpreter");
}

int main(void)
{
    start_python();
    for (int domain = PYMEM_DOMAIN_RAW; domain <= PYMEM_DOMAIN_OBJ; domain++)
        PyMem_GetAllocator(domain, &pythons[domain]);
    for (int step = 0; step < STEPS; step++) {
        struct slot *slot = &slots[random_number(SLOTS)];
        if (!slot->block)
            allocate(slot);
        else if (random_number(3))
            release(slot);
        else
            resize(slot);
    }
    for (struct slot *slot = slots; slot < slots + SLOTS; slot++)
        if (slot->block)
            release(slot);
}
