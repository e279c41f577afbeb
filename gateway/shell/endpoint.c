#include "gateway/shell/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATH_BYTES_MAX = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1 };

static const char *after_scheme(const char *endpoint, const char *scheme)
{
    size_t size = strlen(scheme);
    return strncmp(endpoint, scheme, size) == 0 ? endpoint + size : NULL;
}

static enum status refuse(char *error, enum status status, const char *endpoint, const char *why)
{
    (void)snprintf(error, ENDPOINT_ERROR_BYTES_MAX, "%s: %s", endpoint, why);
    return status;
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strncmp(address, "localhost:", 10) == 0 ||
           strncmp(address, "[::1]:", 6) == 0;
}

static enum status check_path(const char *endpoint, const char *path, char *error)
{
    if (path[0] == '\0') {
        return refuse(error, STATUS_INVALID, endpoint, "the path is missing (ipc:///run/x.sock)");
    }
    if (path[0] == '@' || path[0] == '*') {
        return refuse(error, STATUS_INVALID, endpoint,
                      "a socket without a file cannot be kept to its owner; give a path");
    }
    if (strlen(path) > PATH_BYTES_MAX) {
        (void)snprintf(
            error, ENDPOINT_ERROR_BYTES_MAX,
            "%.200s…: the path has %zu bytes, the system allows %d; choose a shorter one", endpoint,
            strlen(path), (int)PATH_BYTES_MAX);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

enum status endpoint_check(const char *endpoint, char error[ENDPOINT_ERROR_BYTES_MAX])
{
    const char *path = after_scheme(endpoint, "ipc://");
    if (path != NULL) {
        return check_path(endpoint, path, error);
    }
    const char *name = after_scheme(endpoint, "inproc://");
    if (name != NULL) {
        return name[0] != '\0' ? STATUS_OK
                               : refuse(error, STATUS_INVALID, endpoint, "the name is missing");
    }
    const char *address = after_scheme(endpoint, "tcp://");
    if (address == NULL) {
        return refuse(error, STATUS_INVALID, endpoint,
                      "not an endpoint; write ipc://PATH, inproc://NAME or tcp://127.0.0.1:PORT");
    }
    if (!is_loopback(address)) {
        return refuse(error, STATUS_INVALID, endpoint,
                      "tcp without keys is accepted on loopback only; use ipc://PATH or "
                      "tcp://127.0.0.1:PORT");
    }
    return STATUS_OK;
}

/* Makes the last folder of the path if it is missing; not its parents, since those
 * belong to whoever laid out the machine. */
static enum status make_directory(const char *endpoint, const char *path, char *error)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) {
        return STATUS_OK;
    }
    char directory[PATH_BYTES_MAX + 1];
    span_to_text(span_of(path, (size_t)(slash - path)), directory, sizeof(directory));
    if (mkdir(directory, 0700) == 0 || errno == EEXIST) {
        return STATUS_OK;
    }
    (void)snprintf(error, ENDPOINT_ERROR_BYTES_MAX, "%s: cannot make the directory %s: %s",
                   endpoint, directory, strerror(errno));
    return STATUS_IO;
}

/* True if a living process accepts connections there. */
static bool is_answered(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    span_to_text(span_text(path), address.sun_path, sizeof(address.sun_path));
    bool answered =
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN;
    (void)close(fd);
    return answered;
}

enum status endpoint_prepare(const char *endpoint, char error[ENDPOINT_ERROR_BYTES_MAX])
{
    TRY(endpoint_check(endpoint, error));
    const char *path = after_scheme(endpoint, "ipc://");
    if (path == NULL) {
        return STATUS_OK;
    }
    TRY(make_directory(endpoint, path, error));
    struct stat found;
    if (lstat(path, &found) != 0) {
        return STATUS_OK; /* Nothing there; any other trouble shows at the bind. */
    }
    if (!S_ISSOCK(found.st_mode)) {
        return refuse(error, STATUS_INVALID, endpoint,
                      "there is a file that is not a socket; choose another path");
    }
    if (is_answered(path)) {
        return refuse(error, STATUS_BUSY, endpoint,
                      "another process answers there; stop it or choose another path");
    }
    return STATUS_OK;
}

enum status endpoint_protect(const char *endpoint, char error[ENDPOINT_ERROR_BYTES_MAX])
{
    const char *path = after_scheme(endpoint, "ipc://");
    if (path == NULL || chmod(path, 0600) == 0) {
        return STATUS_OK;
    }
    (void)snprintf(error, ENDPOINT_ERROR_BYTES_MAX, "%s: cannot restrict it to its owner: %s",
                   endpoint, strerror(errno));
    return STATUS_IO;
}
