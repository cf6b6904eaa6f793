// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A file system of FUSE that is as slow as a test wants it. */
#include <linux/fuse.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "test.h"

#define FILE_SIZE 1000
#define FILE_ID 2

struct server {
	int fd;
	uint64_t ns;
};

static void answer(int fd, uint64_t unique, int error, const void *body, size_t size)
{
	struct {
		struct fuse_out_header header;
		char body[4096];
	} reply = {.header = {.len = sizeof(reply.header) + size, .error = -error, .unique = unique}};

	memcpy(reply.body, body, size);
	if (write(fd, &reply, reply.header.len) < 0 && errno != ENOENT)	/* who asked may have been killed */
		_exit(1);
}

static struct fuse_attr attributes(uint64_t id)
{
	return (struct fuse_attr){.ino = id, .size = id == FILE_ID ? FILE_SIZE : 0, .nlink = 1,
				  .mode = id == FILE_ID ? S_IFREG | 0644 : S_IFDIR | 0755};
}

static void serve(void *arg)
{
	static char request[1 << 17];
	struct server *server = arg;
	const struct fuse_in_header *in = (void *)request;
	const struct fuse_read_in *read_in = (void *)(in + 1);

	while (read(server->fd, request, sizeof(request)) > 0) {
		struct fuse_init_out init = {.major = 7, .minor = 31, .max_write = 4096};
		struct fuse_entry_out entry = {.nodeid = FILE_ID, .attr = attributes(FILE_ID)};
		struct fuse_attr_out attr = {.attr = attributes(in->nodeid)};
		struct fuse_open_out open = {.open_flags = FOPEN_DIRECT_IO};
		char data[FILE_SIZE] = {};
		uint64_t left;

		switch (in->opcode) {
		case FUSE_INIT:
			answer(server->fd, in->unique, 0, &init, sizeof(init));
			break;
		case FUSE_LOOKUP:
			if (strcmp((char *)(in + 1), "slow"))
				answer(server->fd, in->unique, ENOENT, NULL, 0);
			else
				answer(server->fd, in->unique, 0, &entry, sizeof(entry));
			break;
		case FUSE_GETATTR:
			answer(server->fd, in->unique, 0, &attr, sizeof(attr));
			break;
		case FUSE_OPEN:
			answer(server->fd, in->unique, 0, &open, sizeof(open));
			break;
		case FUSE_READ:
			nap(server->ns);
			left = read_in->offset < FILE_SIZE ? FILE_SIZE - read_in->offset : 0;
			answer(server->fd, in->unique, 0, data, read_in->size < left ? read_in->size : left);
			break;
		case FUSE_FORGET:
		case FUSE_INTERRUPT:
			break;
		case FUSE_RELEASE:
		case FUSE_FLUSH:
			answer(server->fd, in->unique, 0, NULL, 0);
			break;
		default:
			answer(server->fd, in->unique, ENOSYS, NULL, 0);
		}
	}
}

const char *fuse_new(uint64_t ns)
{
	static struct server server;
	const char *where = tmp("on-fuse");
	struct child child;

	server = (struct server){open("/dev/fuse", O_RDWR), ns};
	if (server.fd < 0 && !run("modprobe", "fuse")->status)
		server.fd = open("/dev/fuse", O_RDWR);
	if (server.fd < 0)
		SKIP("no FUSE here");
	child = child_new("server", 0, serve, &server);
	REQUIRE(mkdir(where, 0755) == 0 && unshare(CLONE_NEWNS) == 0);
	REQUIRE(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	REQUIRE(mount("test", where, "fuse", 0, text("fd=%d,rootmode=40000,user_id=0,group_id=0", server.fd)) == 0);
	close(server.fd);	/* so that all calls fail, instead of waiting, when the server is gone */
	child_go(&child);
	return where;
}
