/* How the two sides are configured. */
#include "tests/interop/session_world.h"

#include "tests/tools/certificates.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static const time_t HALF_A_DAY_S = 43200;

static void tls_settings(const struct session_world *world, FILE *file)
{
    const char *side = world->setup.we_initiate ? "Server" : "Client";
    const char *name = world->setup.they_are_strange ? "strange-rsa"
                       : world->setup.we_initiate    ? "server-rsa"
                                                     : "client-rsa";
    (void)fprintf(file,
                  "SocketUseSSL=Y\n"
                  "%sCertificateFile=%s/certificates/%s.pem\n"
                  "%sCertificateKeyFile=%s/certificates/%s.key\n",
                  side, world->directory, name, side, world->directory, name);
    if (!world->setup.they_are_careless) {
        (void)fprintf(file,
                      "CertificationAuthoritiesFile=%s/certificates/ca.pem\n"
                      "CertificateVerifyLevel=1\n",
                      world->directory);
    }
}

void session_settings_write(const struct session_world *world, const char *path)
{
    const struct session_setup *setup = &world->setup;
    FILE *file = fopen(path, "w");
    ASSERT(file != NULL);
    (void)fprintf(file,
                  "[DEFAULT]\n"
                  "ConnectionType=%s\n"
                  "ReconnectInterval=0\n"
                  "HeartBtInt=5\n"
                  "SocketNodelay=Y\n"
                  "FileStorePath=%s/peer\n"
                  "DataDictionary=%s/dictionaries/FIX44.xml\n",
                  setup->we_initiate ? "acceptor" : "initiator", world->directory,
                  FIXGATE_SOURCE_DIR);
    if (setup->tls) {
        tls_settings(world, file);
    }
    (void)fprintf(file, "[SESSION]\nBeginString=FIX.4.4\nSenderCompID=PEER\n"
                        "TargetCompID=REFLECTOR\n");
    if (setup->we_initiate) {
        (void)fprintf(file, "SocketAcceptPort=%u\n", world->peer_port);
    } else {
        (void)fprintf(file, "SocketConnectHost=127.0.0.1\nSocketConnectPort=%u\n",
                      cutter_port(world->cutter));
    }
    bool scheduled = false;
    for (size_t i = 0; i < ARRAY_LEN(setup->both) && setup->both[i] != NULL; i++) {
        (void)fprintf(file, "%s\n", setup->both[i]);
        scheduled = scheduled || strncmp(setup->both[i], "StartTime=", 10) == 0;
    }
    if (!scheduled) {
        /* QuickFIX must have a day; let it end half a day away. (With equal times QuickFIX
         * changes its day at midnight, whatever they say.) */
        struct tm day;
        time_t then = time(NULL) + HALF_A_DAY_S;
        (void)gmtime_r(&then, &day);
        (void)fprintf(file, "StartTime=%02d:%02d:01\nEndTime=%02d:%02d:00\n", day.tm_hour,
                      day.tm_min, day.tm_hour, day.tm_min);
    }
    ASSERT(fclose(file) == 0);
}
