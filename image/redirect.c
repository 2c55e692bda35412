/*
 * redirect NETWORK PORT:TO...: what the init container of a pod with Interception.redirect() runs. Connections that the pod itself opens to
 * a PORT of an address in NETWORK go to port TO of the same address. docs/decisions/loopback-addresses.md says when that is needed.
 *
 *   redirect 127.64.0.0/10 9080:15200
 *
 * It makes one table of nftables, cdk8s-mesh, in the pod's network namespace, and ends. The table is replaced as a whole when it is
 * there, so the container may run again. It needs the capability NET_ADMIN, and a kernel with nf_tables (4.18 or newer). Exit code 1 with a
 * message: nothing was changed.
 *
 * It speaks netlink itself: nft and its libraries are 2 MiB that the image would have for nothing else. The numbers below are the
 * kernel's (linux/netfilter/nf_tables.h), written here because musl comes without its headers.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NETLINK_NETFILTER = 12, NLMSG_ERROR = 2, F_REQUEST = 1, F_ACK = 4, F_CREATE = 0x400, F_APPEND = 0x800, NESTED = 0x8000 };
enum { BATCH_BEGIN = 0x10, BATCH_END = 0x11, NFTABLES = 10 << 8, NEW_TABLE = NFTABLES, DELETE_TABLE = NFTABLES | 2, NEW_CHAIN = NFTABLES | 3, NEW_RULE = NFTABLES | 6 };
enum { TABLE_NAME = 1, CHAIN_TABLE = 1, CHAIN_NAME = 3, CHAIN_HOOK = 4, CHAIN_TYPE = 7, HOOK_NUMBER = 1, HOOK_PRIORITY = 2 };
enum { RULE_TABLE = 1, RULE_CHAIN = 2, RULE_EXPRESSIONS = 4, ELEMENT = 1, EXPRESSION_NAME = 1, EXPRESSION_DATA = 2, DATA_VALUE = 1 };
enum { LOCAL_OUT = 3, BEFORE_ROUTES = -100, NETWORK_HEADER = 1, TRANSPORT_HEADER = 2, L4_PROTOCOL = 16, REGISTER_1 = 1, DNAT = 1 };
enum { MOST_PORTS = 64, BYTES = 64 * 1024 };

/* As in linux/netlink.h and linux/netfilter/nfnetlink.h. */
struct header { uint32_t length; uint16_t type, flags; uint32_t sequence, sender; uint8_t family, version; uint16_t resource; };
struct attribute { uint16_t length, type; };

static const char TABLE[] = "cdk8s-mesh", CHAIN[] = "output";
static unsigned char batch[BYTES];
static size_t used, message; /* bytes of the batch; where the last message begins */
static uint32_t sequence, awaited;

static int fail(const char *what, const char *why) {
  fprintf(stderr, "redirect: %s: %s\n", what, why);
  return 1;
}

static void *append(const void *bytes, size_t length) {
  if (used + length + 4 > BYTES) exit(fail("too many ports", "use fewer"));
  void *at = batch + used;
  if (bytes) memcpy(at, bytes, length);
  used += (length + 3) & ~(size_t)3;
  return at;
}

static void begin(uint16_t type, uint16_t flags, uint8_t family, uint16_t resource) {
  struct header header = { 0, type, flags | F_REQUEST, ++sequence, 0, family, 0, htons(resource) };
  message = used;
  append(&header, sizeof header);
  if (flags & F_ACK) awaited++;
}

static void end(void) {
  ((struct header *)(void *)(batch + message))->length = used - message;
}

static size_t open_attribute(uint16_t type) {
  struct attribute attribute = { 0, type | NESTED };
  size_t at = used;
  append(&attribute, sizeof attribute);
  return at;
}

static void close_attribute(size_t at) {
  ((struct attribute *)(void *)(batch + at))->length = used - at;
}

static void put(uint16_t type, const void *value, size_t length) {
  struct attribute attribute = { sizeof attribute + length, type };
  append(&attribute, sizeof attribute);
  append(value, length);
}

static void put_text(uint16_t type, const char *text) { put(type, text, strlen(text) + 1); }

static void put_number(uint16_t type, int32_t number) {
  uint32_t value = htonl((uint32_t)number);
  put(type, &value, sizeof value);
}

static void put_data(uint16_t type, const void *value, size_t length) {
  size_t data = open_attribute(type);
  put(DATA_VALUE, value, length);
  close_attribute(data);
}

/* An expression of the rule: its name, then its attributes between the two calls. */
static size_t element, data;
static void open_expression(const char *name) {
  element = open_attribute(ELEMENT);
  put_text(EXPRESSION_NAME, name);
  data = open_attribute(EXPRESSION_DATA);
}
static void close_expression(void) { close_attribute(data); close_attribute(element); }

static void load(int header, int offset, int length) {
  open_expression("payload");
  put_number(1, REGISTER_1); put_number(2, header); put_number(3, offset); put_number(4, length);
  close_expression();
}

static void equals(const void *value, size_t length) {
  open_expression("cmp");
  put_number(1, REGISTER_1); put_number(2, 0); put_data(3, value, length);
  close_expression();
}

/* ip daddr NETWORK/bits tcp dport PORT dnat to :TO */
static void add_rule(const struct in_addr *network, const struct in_addr *mask, uint16_t port, uint16_t to) {
  const uint32_t none = 0;
  const uint8_t tcp = 6;
  const uint16_t from = htons(port), target = htons(to);
  begin(NEW_RULE, F_CREATE | F_APPEND | F_ACK, AF_INET, 0);
  put_text(RULE_TABLE, TABLE);
  put_text(RULE_CHAIN, CHAIN);
  size_t expressions = open_attribute(RULE_EXPRESSIONS);
  load(NETWORK_HEADER, 16, 4);
  open_expression("bitwise");
  put_number(1, REGISTER_1); put_number(2, REGISTER_1); put_number(3, 4); put_data(4, mask, 4); put_data(5, &none, 4);
  close_expression();
  equals(network, 4);
  open_expression("meta");
  put_number(1, REGISTER_1); put_number(2, L4_PROTOCOL);
  close_expression();
  equals(&tcp, 1);
  load(TRANSPORT_HEADER, 2, 2);
  equals(&from, 2);
  open_expression("immediate");
  put_number(1, REGISTER_1); put_data(2, &target, 2);
  close_expression();
  open_expression("nat");
  put_number(1, DNAT); put_number(2, AF_INET); put_number(5, REGISTER_1);
  close_expression();
  close_attribute(expressions);
  end();
}

static int read_port(const char **text) {
  char *rest;
  long port = strtol(*text, &rest, 10);
  int valid = rest != *text && port >= 1 && port <= 65535;
  *text = rest;
  return valid ? (int)port : 0;
}

static int read_network(char *text, struct in_addr *network, struct in_addr *mask) {
  char *slash = strchr(text, '/');
  if (!slash) return 0;
  *slash = 0;
  int bits = atoi(slash + 1);
  if (bits < 1 || bits > 32 || inet_pton(AF_INET, text, network) != 1) return 0;
  mask->s_addr = htonl(0xffffffffu << (32 - bits));
  return (network->s_addr & ~mask->s_addr) == 0;
}

/* Waits until the kernel has answered to every message. */
static int settle(int netlink) {
  static unsigned char answers[BYTES];
  while (awaited > 0) {
    ssize_t length = recv(netlink, answers, sizeof answers, 0);
    if (length < 0) return fail("the kernel doesn't answer", strerror(errno));
    for (size_t at = 0; at + 20 <= (size_t)length;) {
      struct header header;
      int32_t error;
      memcpy(&header, answers + at, 16);
      memcpy(&error, answers + at + 16, sizeof error);
      if (header.type == NLMSG_ERROR) {
        if (error != 0) {
          return fail("the kernel refuses the rules", error == -EPERM ? "the container needs the capability NET_ADMIN" : strerror(-error));
        }
        awaited--;
      }
      if (header.length < 16) break;
      at += (header.length + 3) & ~3u;
    }
  }
  return 0;
}

int main(int count, char **arguments) {
  struct in_addr network, mask;
  if (count < 3 || count > MOST_PORTS + 2 || !read_network(arguments[1], &network, &mask)) {
    return fail("usage", "redirect NETWORK/BITS PORT:TO...");
  }
  begin(BATCH_BEGIN, 0, 0, NFTABLES >> 8);
  end();
  /* Made, so that it can be deleted; deleted, so that it is empty when it is made. */
  for (int step = 0; step < 3; step++) {
    begin(step == 1 ? DELETE_TABLE : NEW_TABLE, step == 1 ? F_ACK : F_CREATE | F_ACK, AF_INET, 0);
    put_text(TABLE_NAME, TABLE);
    end();
  }
  begin(NEW_CHAIN, F_CREATE | F_ACK, AF_INET, 0);
  put_text(CHAIN_TABLE, TABLE);
  put_text(CHAIN_NAME, CHAIN);
  size_t hook = open_attribute(CHAIN_HOOK);
  put_number(HOOK_NUMBER, LOCAL_OUT); put_number(HOOK_PRIORITY, BEFORE_ROUTES);
  close_attribute(hook);
  put_text(CHAIN_TYPE, "nat");
  end();
  for (int i = 2; i < count; i++) {
    const char *text = arguments[i];
    int port = read_port(&text), to = *text++ == ':' ? read_port(&text) : 0;
    if (port == 0 || to == 0 || *text != 0) return fail(arguments[i], "this is no PORT:TO");
    add_rule(&network, &mask, (uint16_t)port, (uint16_t)to);
  }
  begin(BATCH_END, 0, 0, NFTABLES >> 8);
  end();

  int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (netlink < 0) return fail("this kernel has no netfilter", strerror(errno));
  if (send(netlink, batch, used, 0) < 0) return fail("the kernel takes no rules", strerror(errno));
  if (settle(netlink) != 0) return 1;
  for (int i = 2; i < count; i++) printf("redirect: connections to %s/%s by PORT:TO %s\n", arguments[1], arguments[1] + strlen(arguments[1]) + 1, arguments[i]);
  return 0;
}
