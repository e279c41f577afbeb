#include "gateway/shell/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status refuse(char *error, const char *path, const char *why)
{
    (void)snprintf(error, KEY_FILE_ERROR_BYTES_MAX, "%.200s %s", path, why);
    return STATUS_INVALID;
}

enum status key_file_read(const char *path, char secret[ZEROMQ_KEY_TEXT_BYTES + 1],
                          char error[KEY_FILE_ERROR_BYTES_MAX])
{
    char line[ZEROMQ_KEY_TEXT_BYTES + 3] = "";
    struct stat about;
    FILE *stream = fopen(path, "rbe");
    if (stream == NULL) {
        (void)snprintf(error, KEY_FILE_ERROR_BYTES_MAX, "%.200s cannot be opened (%s)", path,
                       strerror(errno));
        return STATUS_INVALID;
    }
    bool private = fstat(fileno(stream), &about) == 0 && (about.st_mode & 077) == 0;
    bool read = fgets(line, (int)sizeof(line), stream) != NULL;
    (void)fclose(stream);
    line[strcspn(line, "\r\n")] = '\0';
    if (!private) {
        return refuse(error, path, "can be read by others; chmod 600 it");
    }
    char public_key[ZEROMQ_KEY_TEXT_BYTES + 1];
    if (!read || !zeromq_key_public(line, public_key)) {
        return refuse(error, path,
                      "has no secret key of 40 characters in its first line; `fixgate keys` makes "
                      "one");
    }
    memcpy(secret, line, ZEROMQ_KEY_TEXT_BYTES + 1);
    return STATUS_OK;
}

enum status key_file_write(const char *path, const char secret[ZEROMQ_KEY_TEXT_BYTES + 1],
                           char error[KEY_FILE_ERROR_BYTES_MAX])
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (stream == NULL) {
        (void)snprintf(error, KEY_FILE_ERROR_BYTES_MAX, "%.200s cannot be made (%s)", path,
                       strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return STATUS_IO;
    }
    bool written = fprintf(stream, "%s\n", secret) > 0;
    written = fclose(stream) == 0 && written;
    return written ? STATUS_OK : refuse(error, path, "cannot be written");
}
