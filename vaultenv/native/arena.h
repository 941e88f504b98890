/* Memory for a process that soon becomes another one. */
#ifndef VAULTENV_ARENA_H
#define VAULTENV_ARENA_H

/* Lets Python and OpenSSL take their memory from two small arenas; call it before either takes any.
   Where an arena has no room, for a large block or in a process that lives on, the usual allocators serve. */
#ifdef WITHOUT_ARENA
static inline void use_arenas(void)
{
}
#else
void use_arenas(void);
#endif

#endif
