/* The floor of a launcher: the same start in C on the launcher's own OpenSSL, with no parser and no check that a measurement
   does not need. Every reference is `vault:PATH#KEY`, each path is read once, one after another. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST = 16384, SCHEME = sizeof "https://" - 1 };

extern char **environ;

static SSL *connection;
static char host[64], token[512], answer[65536];

static void fail(const char *what)
{
    fprintf(stderr, "floor: %s\n", what);
    exit(1);
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    if (!value)
        fail(name);
    return value;
}

static int dial(const char *address, int port)
{
    struct sockaddr_in target = {.sin_family = AF_INET, .sin_port = htons(port)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    if (inet_pton(AF_INET, address, &target.sin_addr) != 1 || connect(descriptor, (void *)&target, sizeof target))
        fail("connect");
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return descriptor;
}

static void connect_to_vault(void)
{
    char address[sizeof host];
    strcpy(host, setting("VAULT_ADDR") + SCHEME);
    strcpy(address, host);
    char *colon = strchr(address, ':');
    *colon = 0;
    OPENSSL_init_ssl(OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
                         OPENSSL_INIT_NO_LOAD_SSL_STRINGS, NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (SSL_CTX_load_verify_file(context, setting("VAULT_CACERT")) != 1)
        fail("VAULT_CACERT");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    connection = SSL_new(context);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), address);
    SSL_set_fd(connection, dial(address, atoi(colon + 1)));
    if (SSL_connect(connection) != 1)
        fail("handshake");
}

/* The body of the answer, whose length Vault always says. */
static const char *receive(void)
{
    for (int got = 0, more; (more = SSL_read(connection, answer + got, sizeof answer - 1 - got)) > 0;) {
        got += more;
        answer[got] = 0;
        const char *body = strstr(answer, "\r\n\r\n"), *length = strcasestr(answer, "\r\nContent-Length:");
        if (body && length && body + 4 + atoi(length + 17) <= answer + got)
            return body + 4;
    }
    fail("no answer");
    return NULL;
}

static const char *request(const char *method, const char *path, const char *body)
{
    static char text[2 * LONGEST];
    int size = snprintf(text, sizeof text, "%s /v1/%s HTTP/1.1\r\nHost: %s\r\nX-Vault-Token: %s\r\n"
                        "Content-Length: %zu\r\n\r\n%s", method, path, host, token, strlen(body), body);
    SSL_write(connection, text, size);
    return receive();
}

/* Copies a member of a JSON object, a text without escapes. */
static void copy_member(const char *object, const char *name, int name_size, char *value, size_t size)
{
    char quoted[256];
    snprintf(quoted, sizeof quoted, "\"%.*s\":\"", name_size, name);
    const char *start = strstr(object, quoted), *end = start ? strchr(start + strlen(quoted), '"') : NULL;
    if (!end)
        fail("an answer lacks a member");
    snprintf(value, size, "%.*s", (int)(end - start - strlen(quoted)), start + strlen(quoted));
}

static void log_in(void)
{
    static char jwt[LONGEST], body[2 * LONGEST];
    char path[256];
    int file = open(setting("VAULT_JWT_FILE"), O_RDONLY | O_CLOEXEC);
    if (read(file, jwt, sizeof jwt - 1) <= 0)
        fail("VAULT_JWT_FILE");
    snprintf(body, sizeof body, "{\"role\":\"%s\",\"jwt\":\"%s\"}", setting("VAULT_ROLE"), jwt);
    snprintf(path, sizeof path, "auth/%s/login", setting("VAULT_PATH"));
    copy_member(request("PUT", path, body), "client_token", sizeof "client_token" - 1, token, sizeof token);
}

static char *resolved(const char *entry, const char *reference)
{
    const char *path = reference + sizeof "=vault:" - 1, *key = strchr(path, '#') + 1;
    char where[512], value[4096], *made;
    snprintf(where, sizeof where, "%.*s", (int)(key - 1 - path), path);
    copy_member(request("GET", where, ""), key, strlen(key), value, sizeof value);
    if (asprintf(&made, "%.*s=%s", (int)(reference - entry), entry, value) < 0)
        fail("no memory");
    return made;
}

int main(int argc, char **argv)
{
    (void)argc;
    for (char **entry = environ; *entry; entry++) {
        const char *reference = strstr(*entry, "=vault:");
        if (!reference)
            continue;
        if (!connection)
            connect_to_vault();
        if (!*token && getenv("VAULT_TOKEN"))
            strcpy(token, getenv("VAULT_TOKEN"));
        else if (!*token)
            log_in();
        *entry = resolved(*entry, reference);
    }
    execv(argv[1], argv + 1);
    fail("execv");
}
