#include "gateway/shell/dictionary_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool refuse(char error[DICTIONARY_ERROR_BYTES_MAX], const char *path, const char *reason)
{
    (void)snprintf(error, DICTIONARY_ERROR_BYTES_MAX, "%.200s: %.200s", path, reason);
    return false;
}

/* The whole file into `data`, which has room for one byte more than the limit:
 * a file that fills it is too long. Devices and pipes are read like files. */
static bool read_whole(FILE *file, const char *path, uint8_t *data, size_t *size,
                       char error[DICTIONARY_ERROR_BYTES_MAX])
{
    errno = 0;
    *size = fread(data, 1, (size_t)DICTIONARY_FILE_BYTES_MAX + 1, file);
    if (ferror(file) != 0) {
        return refuse(error, path, strerror(errno));
    }
    return *size <= DICTIONARY_FILE_BYTES_MAX || refuse(error, path, "longer than 8 MiB");
}

/* On success `data` is the caller's to free. */
static bool read_source(const char *path, struct dictionary_source *out, uint8_t **data,
                        char error[DICTIONARY_ERROR_BYTES_MAX])
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return refuse(error, path, strerror(errno));
    }
    *data = malloc((size_t)DICTIONARY_FILE_BYTES_MAX + 1);
    size_t size = 0;
    bool read = *data != NULL ? read_whole(file, path, *data, &size, error)
                              : refuse(error, path, "out of memory");
    (void)fclose(file);
    if (!read) {
        free(*data);
        return false;
    }
    *out = (struct dictionary_source){.name = path, .xml = span_of(*data, size)};
    return true;
}

struct dictionary *dictionary_file_load(const char *const *paths, size_t count,
                                        char error[DICTIONARY_ERROR_BYTES_MAX])
{
    ASSERT(count > 0);
    ASSERT(count <= DICTIONARY_SOURCES_MAX);
    struct dictionary_source sources[DICTIONARY_SOURCES_MAX] = {{.name = NULL}};
    uint8_t *files[DICTIONARY_SOURCES_MAX] = {NULL};
    size_t read = 0;
    while (read < count && read_source(paths[read], &sources[read], &files[read], error)) {
        read++;
    }
    struct dictionary *dictionary = NULL;
    if (read == count) {
        dictionary = dictionary_load(sources, count, error);
    }
    for (size_t i = 0; i < read; i++) {
        free(files[i]);
    }
    return dictionary;
}

static bool is_readable(const char *folder, const char *name,
                        char out[DICTIONARY_FILE_PATH_BYTES_MAX])
{
    int size = snprintf(out, DICTIONARY_FILE_PATH_BYTES_MAX, "%s/%s", folder, name);
    return size > 0 && size < DICTIONARY_FILE_PATH_BYTES_MAX && access(out, R_OK) == 0;
}

bool dictionary_file_find(const char *name, char out[DICTIONARY_FILE_PATH_BYTES_MAX])
{
    const char *folder = getenv("FIXGATE_DICTIONARIES");
    if (folder != NULL && folder[0] != '\0' && is_readable(folder, name, out)) {
        return true;
    }
#ifdef FIXGATE_DATADIR
    if (is_readable("dictionaries", name, out)) {
        return true;
    }
    if (is_readable(FIXGATE_DATADIR "/dictionaries", name, out)) {
        return true;
    }
#endif
    return is_readable("dictionaries", name, out);
}
