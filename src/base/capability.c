/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities of the calling thread, by the bare system calls. Each thread has its own, and what
 * it starts begins with a copy. A capability that is permitted is in use only between
 * capability_raise() and capability_restore(): the program's file need not have it in effect
 * (`=p`), and so starts also where the container may not have it. */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "knamed/base.h"

struct sets {
	uint64_t effective, permitted, inheritable;
};

static bool get(struct sets *ret_sets)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	if (syscall(SYS_capget, &head, data) != 0)
		return false;
	*ret_sets = (struct sets){
		.effective = data[0].effective | (uint64_t)data[1].effective << 32,
		.permitted = data[0].permitted | (uint64_t)data[1].permitted << 32,
		.inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32,
	};
	return true;
}

static bool set(const struct sets *sets)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(sets->effective >> 32 * i),
			.permitted = (uint32_t)(sets->permitted >> 32 * i),
			.inheritable = (uint32_t)(sets->inheritable >> 32 * i),
		};
	return syscall(SYS_capset, &head, data) == 0;
}

uint64_t capability_raise(int capability)
{
	struct sets sets = { 0 };
	if (!get(&sets))
		return 0;
	uint64_t before = sets.effective;
	sets.effective |= sets.permitted & UINT64_C(1) << capability;
	if (sets.effective != before)
		set(&sets);
	return before;
}

void capability_restore(uint64_t effective)
{
	int number = errno; /* of the call that it was raised for */
	struct sets sets = { 0 };
	if (get(&sets) && sets.effective != effective) {
		sets.effective = effective;
		set(&sets);
	}
	errno = number;
}

bool capability_limit(uint64_t kept)
{
	struct sets sets = { 0 };
	if (!get(&sets))
		return false;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* fails where there are none */
	sets = (struct sets){ .permitted = sets.permitted & kept };
	return set(&sets);
}

/* What is missing on the way to a port that is for the privileged. */
static const char *reason_of_denial(void)
{
	struct sets sets = { 0 };
	if (prctl(PR_CAPBSET_READ, CAP_NET_BIND_SERVICE, 0, 0, 0) == 0)
		return "NET_BIND_SERVICE is dropped: let the container have it";
	if (get(&sets) && (sets.permitted & UINT64_C(1) << CAP_NET_BIND_SERVICE) == 0)
		return "the program's file has no capability, or lost it when it was copied: "
		       "setcap cap_net_bind_service=p FILE";
	return "the kernel takes NET_BIND_SERVICE not from this user namespace";
}

const char *capability_hint(int number, uint16_t port, char room[CAPABILITY_HINT_SIZE])
{
	enum { PRIVILEGED = 1024 };
	room[0] = '\0';
	if (number == EACCES && port < PRIVILEGED)
		snprintf(room, CAPABILITY_HINT_SIZE,
			 " (%s, or set the sysctl net.ipv4.ip_unprivileged_port_start to %u or less)",
			 reason_of_denial(), (unsigned)port);
	return room;
}
