/*
 * supervisor COMMAND [ARGUMENT...]: process 1 of the proxy's container. Starts the command, and starts it again when it dies, for
 * kubelet waits 10 s and longer before it starts a container that has died twice within ten minutes. docs/decisions/supervisor.md
 * has the reasons; docs/image.md what users see.
 *
 *   - The command's own end is an end: exit code 0, and 1, by which the proxy says that it can't start. So are 126 and 127, when the
 *     command can't be run. Anything else is a death.
 *   - The first death leads to a new start at once, further ones within FAST_MS of a start after a wait that doubles. After
 *     MOST_FAST of them in a row the supervisor ends with the code of the last, so that kubelet and its events tell of it.
 *   - Each death is one line of JSON on standard output, in the form of the proxy's log.
 *   - Signals are passed on. After SIGTERM and the like, nothing is started again.
 *   - While the command is dead, the sockets that it listened on are kept open: connections wait in their queue and are not refused. The
 *     command writes which these are into the pipe MESH_SOCKETS_FD, as lines `listen ADDRESS PORT`, the whole list each time, with a
 *     line `end`. It finds those that were kept in MESH_SOCKETS, as `ADDRESS|PORT=FD` with commas between.
 *
 * No allocation but for the list of sockets, no library but C's; built static, it needs nothing of the image that it is put into.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  FAST_MS = 10000,     /* a process that lived shorter died fast */
  MOST_FAST = 5,       /* so many in a row are given up */
  FIRST_WAIT_MS = 100, /* before the second start of them */
  BACKLOG = 1024,
  MOST_SOCKETS = 4096,
  LINE_BYTES = 128
};

struct place { char address[INET6_ADDRSTRLEN]; int port; int fd; };
struct places { struct place *all; int count; };

static const int PASSED_ON[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2 };
enum { PASSED_ON_COUNT = sizeof PASSED_ON / sizeof *PASSED_ON };

static struct places told, coming; /* where the command listens; the list that is being read */
static char line[LINE_BYTES];
static int line_length;

static long long now_ms(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static const char *signal_name(int number) {
  static const struct { int number; const char *name; } names[] = {
    { SIGKILL, "SIGKILL" }, { SIGABRT, "SIGABRT" }, { SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" }, { SIGILL, "SIGILL" }, { SIGFPE, "SIGFPE" },
    { SIGTRAP, "SIGTRAP" }, { SIGSYS, "SIGSYS" }, { SIGTERM, "SIGTERM" }, { SIGINT, "SIGINT" }, { SIGQUIT, "SIGQUIT" }, { SIGHUP, "SIGHUP" },
    { SIGUSR1, "SIGUSR1" }, { SIGUSR2, "SIGUSR2" }, { SIGPIPE, "SIGPIPE" }, { SIGALRM, "SIGALRM" }
  };
  static char other[16];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) if (names[i].number == number) return names[i].name;
  snprintf(other, sizeof other, "signal %d", number);
  return other;
}

/* How many processes of the container the kernel has killed for want of memory; -1 when it can't be told. */
static long oom_kills(void) {
  static const char *files[] = { "/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control" };
  for (int i = 0; i < 2; i++) {
    FILE *file = fopen(files[i], "re");
    char key[32];
    long value, kills = -1;
    if (!file) continue;
    while (fscanf(file, "%31s %ld", key, &value) == 2) if (strcmp(key, "oom_kill") == 0) kills = value;
    fclose(file);
    if (kills >= 0) return kills;
  }
  return -1;
}

static void say(const char *event, const char *cause, int oom, long long lived_ms, int fast, long wait_ms) {
  char text[512], wait[48] = "";
  struct tm utc;
  long long now = now_ms(CLOCK_REALTIME);
  time_t seconds = now / 1000;
  gmtime_r(&seconds, &utc);
  if (wait_ms >= 0) snprintf(wait, sizeof wait, ",\"restartInMs\":%ld", wait_ms);
  int length = snprintf(text, sizeof text,
    "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\",\"level\":\"error\",\"event\":\"%s\",\"cause\":\"%s\",\"outOfMemory\":%s,\"livedMs\":%lld,\"fastDeaths\":%d%s}\n",
    utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(now % 1000), event, cause, oom ? "true" : "false", lived_ms, fast, wait);
  if (write(STDOUT_FILENO, text, (size_t)length) < 0) return;
}

static void take_line(void) {
  char address[INET6_ADDRSTRLEN];
  int port;
  if (strcmp(line, "end") == 0) {
    struct places before = told;
    told = coming;
    coming = before;
    coming.count = 0;
  } else if (sscanf(line, "listen %45s %d", address, &port) == 2 && port > 0 && port < 65536 && coming.count < MOST_SOCKETS) {
    struct place *grown = realloc(coming.all, (size_t)(coming.count + 1) * sizeof *grown);
    if (!grown) return;
    coming.all = grown;
    strcpy(grown[coming.count].address, address);
    grown[coming.count].port = port;
    grown[coming.count++].fd = -1;
  }
}

/* Reads what the command tells. Returns 0 when it tells nothing any more. */
static int read_places(int fd) {
  char buffer[4096];
  ssize_t count = read(fd, buffer, sizeof buffer);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  for (ssize_t i = 0; i < count; i++) {
    if (buffer[i] != '\n') {
      if (line_length < LINE_BYTES - 1) line[line_length++] = buffer[i];
      continue;
    }
    line[line_length] = '\0';
    line_length = 0;
    take_line();
  }
  return count > 0;
}

/* Listens where the command did, as Node does it. What can't be had is left to the command. */
static void keep_sockets(void) {
  for (int i = 0; i < told.count; i++) {
    struct place *place = &told.all[i];
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)place->port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)place->port) };
    int is_v4 = inet_pton(AF_INET, place->address, &v4.sin_addr) == 1, on = 1, off = 0;
    place->fd = -1;
    if (!is_v4 && inet_pton(AF_INET6, place->address, &v6.sin6_addr) != 1) continue;
    int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!is_v4) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6, is_v4 ? sizeof v4 : sizeof v6) == 0 && listen(fd, BACKLOG) == 0) place->fd = fd;
    else close(fd);
  }
}

static void name_sockets(void) {
  size_t size = (size_t)told.count * (INET6_ADDRSTRLEN + 24) + 1, length = 0;
  char *text = malloc(size);
  if (!text) return;
  text[0] = '\0';
  for (int i = 0; i < told.count; i++) {
    if (told.all[i].fd < 0) continue;
    length += (size_t)snprintf(text + length, size - length, "%s%s|%d=%d", length ? "," : "", told.all[i].address, told.all[i].port, told.all[i].fd);
  }
  setenv("MESH_SOCKETS", text, 1);
  free(text);
}

static pid_t start(char **command, const sigset_t *mask, int *told_by) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) { ends[0] = -1; ends[1] = -1; }
  char number[16];
  snprintf(number, sizeof number, "%d", ends[1]);
  if (ends[1] >= 0) setenv("MESH_SOCKETS_FD", number, 1);
  else unsetenv("MESH_SOCKETS_FD");
  name_sockets();
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    if (ends[1] >= 0) fcntl(ends[1], F_SETFD, 0);
    for (int i = 0; i < told.count; i++) if (told.all[i].fd >= 0) fcntl(told.all[i].fd, F_SETFD, 0);
    execvp(command[0], command);
    dprintf(STDERR_FILENO, "supervisor: %s can't be run: %s\n", command[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
  }
  /* From here on the command alone decides which sockets are open. */
  for (int i = 0; i < told.count; i++) if (told.all[i].fd >= 0) { close(told.all[i].fd); told.all[i].fd = -1; }
  if (ends[1] >= 0) close(ends[1]);
  if (ends[0] >= 0) fcntl(ends[0], F_SETFL, O_NONBLOCK);
  *told_by = ends[0];
  return child;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    dprintf(STDERR_FILENO, "usage: supervisor COMMAND [ARGUMENT...]\n");
    return 126;
  }
  sigset_t mask, before;
  sigemptyset(&mask);
  sigaddset(&mask, SIGCHLD);
  for (int i = 0; i < PASSED_ON_COUNT; i++) sigaddset(&mask, PASSED_ON[i]);
  sigprocmask(SIG_BLOCK, &mask, &before);
  signal(SIGPIPE, SIG_IGN);
  int signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) {
    dprintf(STDERR_FILENO, "supervisor: signalfd: %s\n", strerror(errno));
    return 126;
  }

  int stopping = 0, fast = 0, deaths = 0, code = 0, told_by = -1;
  long kills = oom_kills();
  long long started = now_ms(CLOCK_MONOTONIC), again_at = 0;
  pid_t child = start(&argv[1], &before, &told_by);
  if (child < 0) {
    dprintf(STDERR_FILENO, "supervisor: fork: %s\n", strerror(errno));
    return 126;
  }
  for (;;) {
    struct pollfd waits[2] = { { .fd = signals, .events = POLLIN }, { .fd = told_by, .events = POLLIN } };
    long long left = child > 0 ? -1 : again_at - now_ms(CLOCK_MONOTONIC);
    poll(waits, 2, child > 0 ? -1 : left > 0 ? (int)left : 0);
    if (told_by >= 0 && waits[1].revents && !read_places(told_by)) {
      close(told_by);
      told_by = -1;
    }
    struct signalfd_siginfo got;
    while (read(signals, &got, sizeof got) == sizeof got) {
      if (got.ssi_signo == SIGCHLD) continue;
      if (child > 0) kill(child, (int)got.ssi_signo);
      if (got.ssi_signo != SIGUSR1 && got.ssi_signo != SIGUSR2 && got.ssi_signo != SIGHUP) stopping = 1;
    }
    int status, died = 0, ended = 0;
    /* Process 1 inherits whoever has lost its parent. */
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) if (pid == child) { died = 1; ended = status; }
    if (died) {
      long long lived = now_ms(CLOCK_MONOTONIC) - started;
      char cause[32];
      child = -1;
      code = WIFSIGNALED(ended) ? 128 + WTERMSIG(ended) : WEXITSTATUS(ended);
      if (stopping || code == 0 || code == 1 || code == 126 || code == 127) return code;
      /* What it told last may still be in the pipe. */
      while (told_by >= 0 && read_places(told_by) && poll(&(struct pollfd){ .fd = told_by, .events = POLLIN }, 1, 0) > 0) continue;
      if (told_by >= 0) close(told_by);
      told_by = -1;
      coming.count = line_length = 0;
      keep_sockets();
      if (WIFSIGNALED(ended)) snprintf(cause, sizeof cause, "%s", signal_name(WTERMSIG(ended)));
      else snprintf(cause, sizeof cause, "exit code %d", code);
      long kills_now = oom_kills();
      int oom = WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL && kills >= 0 && kills_now > kills;
      kills = kills_now;
      deaths++;
      fast = lived < FAST_MS ? fast + 1 : 0;
      if (fast >= MOST_FAST) {
        say("process_given_up", cause, oom, lived, fast, -1);
        return code;
      }
      long wait = fast < 2 ? 0 : (long)FIRST_WAIT_MS << (fast - 2);
      again_at = now_ms(CLOCK_MONOTONIC) + wait;
      say("process_died", cause, oom, lived, fast, wait);
      char count[16];
      snprintf(count, sizeof count, "%d", deaths);
      setenv("MESH_DEATHS", count, 1);
      setenv("MESH_LAST_DEATH", oom ? "out of memory" : cause, 1);
    }
    if (child < 0 && stopping) return code;
    if (child < 0 && now_ms(CLOCK_MONOTONIC) >= again_at) {
      started = now_ms(CLOCK_MONOTONIC);
      child = start(&argv[1], &before, &told_by);
      if (child < 0) again_at = started + FIRST_WAIT_MS;
    }
  }
}
