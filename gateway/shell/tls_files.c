#include "gateway/shell/tls_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- One file --------------------------------------------------------------- */

bool tls_files_fail(char error[TLS_ERROR_BYTES_MAX], const char *path, const char *what)
{
    (void)snprintf(error, TLS_ERROR_BYTES_MAX, "%.150s: %s", path, what);
    return false;
}

void tls_contents_free(struct tls_contents *contents)
{
    OPENSSL_clear_free(contents->bytes, contents->size);
    *contents = (struct tls_contents){0};
}

static bool is_private(const struct stat *facts)
{
    return (facts->st_mode & (S_IRWXG | S_IRWXO)) == 0 &&
           (facts->st_uid == geteuid() || facts->st_uid == 0);
}

static bool read_all(int fd, const char *path, struct tls_contents *out,
                     char error[TLS_ERROR_BYTES_MAX])
{
    size_t done = 0;
    while (done < out->size) {
        ssize_t got = read(fd, out->bytes + done, out->size - done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return tls_files_fail(error, path,
                                  got < 0 ? strerror(errno) : "changed while it was read");
        }
        done += (size_t)got;
    }
    return true;
}

bool tls_files_read(const char *path, bool secret, struct tls_contents *out,
                    char error[TLS_ERROR_BYTES_MAX])
{
    *out = (struct tls_contents){0};
    /* A pipe in its place must not make us wait. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat facts;
    if (fd < 0) {
        return tls_files_fail(error, path, strerror(errno));
    }
    bool done = false;
    if (fstat(fd, &facts) != 0) {
        (void)tls_files_fail(error, path, strerror(errno));
    } else if (!S_ISREG(facts.st_mode)) {
        (void)tls_files_fail(error, path, "is not a file");
    } else if (secret && !is_private(&facts)) {
        (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                       "%.120s: others can read this key: chmod 600 it, let it belong to the "
                       "gateway's user, and have it replaced if it was seen",
                       path);
    } else if (facts.st_size <= 0 || facts.st_size > TLS_FILE_BYTES_MAX) {
        (void)tls_files_fail(error, path,
                             facts.st_size == 0 ? "is empty" : "is too long (64 MB at most)");
    } else {
        out->size = (size_t)facts.st_size;
        out->bytes = OPENSSL_malloc(out->size);
        done = out->bytes != NULL ? read_all(fd, path, out, error)
                                  : tls_files_fail(error, path, "no memory to read it");
    }
    (void)close(fd);
    if (!done) {
        tls_contents_free(out);
    }
    return done;
}

/* --- Several files ---------------------------------------------------------- */

bool tls_files_next(DIR *directory, const char *path, char file[TLS_PATH_BYTES], struct stat *facts)
{
    const struct dirent *entry = readdir(directory);
    for (; entry != NULL; entry = readdir(directory)) {
        int size = snprintf(file, TLS_PATH_BYTES, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && size < TLS_PATH_BYTES && stat(file, facts) == 0 &&
            S_ISREG(facts->st_mode)) {
            return true;
        }
    }
    return false;
}

void tls_files_of_system(struct tls_system_cas *out)
{
    const char *file = getenv(X509_get_default_cert_file_env());
    const char *directory = getenv(X509_get_default_cert_dir_env());
    out->directory = directory != NULL ? directory : X509_get_default_cert_dir();
    out->file = file != NULL ? file : X509_get_default_cert_file();
    if (access(out->file, R_OK) == 0) {
        return;
    }
    /* Debian: all of them in one file, so that the hundreds beside it need not be read. */
    (void)snprintf(out->bundle, sizeof(out->bundle), "%.3000s/ca-certificates.crt", out->directory);
    out->file = access(out->bundle, R_OK) == 0 ? out->bundle : NULL;
}

/* --- Have they changed? ----------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value;
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

static uint64_t mix_facts(uint64_t hash, const struct stat *facts)
{
    hash = mix(hash, (uint64_t)facts->st_ino);
    hash = mix(hash, (uint64_t)facts->st_dev);
    hash = mix(hash, (uint64_t)facts->st_size);
    hash = mix(hash, (uint64_t)facts->st_mode);
    hash = mix(hash, (uint64_t)facts->st_uid);
    hash = mix(hash, (uint64_t)facts->st_mtim.tv_sec);
    hash = mix(hash, (uint64_t)facts->st_mtim.tv_nsec);
    hash = mix(hash, (uint64_t)facts->st_ctim.tv_sec);
    return mix(hash, (uint64_t)facts->st_ctim.tv_nsec);
}

static uint64_t mix_file(uint64_t hash, const char *path)
{
    struct stat facts;
    if (path == NULL) {
        return mix(hash, 1);
    }
    return stat(path, &facts) == 0 ? mix_facts(hash, &facts) : mix(hash, 2);
}

/* A sum, since a directory has no order. */
static uint64_t mix_directory(uint64_t hash, const char *path)
{
    char file[TLS_PATH_BYTES];
    struct stat facts;
    DIR *directory = path != NULL ? opendir(path) : NULL;
    if (directory == NULL) {
        return mix(hash, 3);
    }
    uint64_t sum = 0;
    for (uint32_t i = 0;
         i <= TLS_DIRECTORY_FILES_MAX && tls_files_next(directory, path, file, &facts); i++) {
        sum += mix_facts(0, &facts);
    }
    (void)closedir(directory);
    return mix(hash, sum);
}

uint64_t tls_files_fingerprint(const struct tls_config *config)
{
    uint64_t hash = mix_file(0, config->certificate_file);
    hash = mix_file(hash, config->key_file);
    hash = mix_file(hash, config->ca_file);
    hash = mix_directory(hash, config->ca_directory);
    hash = mix_file(hash, config->crl_file);
    hash = mix_directory(hash, config->crl_directory);
    if (config->ca_file == NULL && config->ca_directory == NULL) {
        struct tls_system_cas found;
        tls_files_of_system(&found);
        hash = mix_file(hash, found.file);
    }
    return hash;
}
