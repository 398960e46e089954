/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp: the system calls of ours and of the libraries, by name. Others fail with EPERM and
 * nothing more, so that a library that tries one goes on without it. A configuration that runs
 * programs gets the opposite: all calls but some, for nobody knows what a program that prints a
 * token asks the kernel for. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox_parts.h"

/* Which argument of clone() has the flags. */
#ifdef __s390__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

/* Those of query threads stand first: the kernel may run the list for each call. */
static const int allowed[] = {
	SCMP_SYS(recvmmsg),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(futex),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(close),
	/* sockets; socket() and socketpair() are below */
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(bind),
	SCMP_SYS(connect),
	SCMP_SYS(listen),
	SCMP_SYS(getpeername),
	SCMP_SYS(getsockname),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown),
	/* event loops */
	SCMP_SYS(epoll_create),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(eventfd),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(eventfd2),
	SCMP_SYS(inotify_add_watch),
	SCMP_SYS(inotify_init),
	SCMP_SYS(inotify_init1),
	SCMP_SYS(inotify_rm_watch),
	SCMP_SYS(pipe),
	SCMP_SYS(pipe2),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(pselect6),
	SCMP_SYS(select),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_gettime),
	SCMP_SYS(timerfd_settime),
	/* files that are read, and what is known of them */
	SCMP_SYS(access),
	SCMP_SYS(chdir),
	SCMP_SYS(dup),
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(fadvise64),
	SCMP_SYS(fchdir),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	SCMP_SYS(fstatfs),
	SCMP_SYS(fsync),
	SCMP_SYS(getcwd),
	SCMP_SYS(getdents),
	SCMP_SYS(getdents64),
	SCMP_SYS(lseek),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(pread64),
	SCMP_SYS(preadv),
	SCMP_SYS(pwrite64),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(stat),
	SCMP_SYS(statfs),
	SCMP_SYS(statx),
	/* memory; mmap() and mprotect() are below */
	SCMP_SYS(brk),
	SCMP_SYS(madvise),
	SCMP_SYS(mincore),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	/* threads; clone() is below */
	SCMP_SYS(arch_prctl),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(get_robust_list),
	SCMP_SYS(getcpu),
	SCMP_SYS(getpriority),
	SCMP_SYS(gettid),
	SCMP_SYS(membarrier),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_get_priority_max),
	SCMP_SYS(sched_get_priority_min),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_getscheduler),
	SCMP_SYS(sched_setaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(setpriority),
	/* signals, clocks, who and where we are */
	SCMP_SYS(capget),
	SCMP_SYS(capset),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(getegid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getpgrp),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(getrandom),
	SCMP_SYS(getresgid),
	SCMP_SYS(getresuid),
	SCMP_SYS(getrlimit),
	SCMP_SYS(getrusage),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getuid),
	SCMP_SYS(nanosleep),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(setrlimit),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(sigreturn),
	SCMP_SYS(sysinfo),
	SCMP_SYS(time),
	SCMP_SYS(times),
	SCMP_SYS(uname),
};

/* Where something is written at all; landlock says where. */
static const int writing[] = {
	SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(link),
	SCMP_SYS(linkat),    SCMP_SYS(rename),	  SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(unlink),	  SCMP_SYS(unlinkat),
};

/* What no program that prints credentials needs. */
static const int denied[] = {
	SCMP_SYS(acct),
	SCMP_SYS(add_key),
	SCMP_SYS(adjtimex),
	SCMP_SYS(bpf),
	SCMP_SYS(chroot),
	SCMP_SYS(clock_adjtime),
	SCMP_SYS(clock_settime),
	SCMP_SYS(delete_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount),
	SCMP_SYS(fsopen),
	SCMP_SYS(init_module),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(ioperm),
	SCMP_SYS(iopl),
	SCMP_SYS(kcmp),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(kexec_load),
	SCMP_SYS(keyctl),
	SCMP_SYS(mount),
	SCMP_SYS(mount_setattr),
	SCMP_SYS(move_mount),
	SCMP_SYS(name_to_handle_at),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(open_tree),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(pivot_root),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(ptrace),
	SCMP_SYS(quotactl),
	SCMP_SYS(reboot),
	SCMP_SYS(request_key),
	SCMP_SYS(setdomainname),
	SCMP_SYS(sethostname),
	SCMP_SYS(setns),
	SCMP_SYS(settimeofday),
	SCMP_SYS(swapoff),
	SCMP_SYS(swapon),
	SCMP_SYS(syslog),
	SCMP_SYS(umount2),
	SCMP_SYS(unshare),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(vhangup),
};

/* A filter in the making; failed is 0 or the first rule's errno, negative. */
struct filter {
	scmp_filter_ctx context;
	int failed;
};

static void add(struct filter *filter, uint32_t action, int call, unsigned count,
		const struct scmp_arg_cmp *arguments)
{
	int result = seccomp_rule_add_array(filter->context, action, call, count, arguments);
	if (result != 0 && filter->failed == 0)
		filter->failed = result;
}

static void add_all(struct filter *filter, uint32_t action, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add(filter, action, calls[i], 0, NULL);
}

/* Allowed if one argument is one of some values. */
static void allow_values(struct filter *filter, int call, unsigned argument, const uint64_t *values,
			 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct scmp_arg_cmp equal = SCMP_CMP(argument, SCMP_CMP_EQ, values[i]);
		add(filter, SCMP_ACT_ALLOW, call, 1, &equal);
	}
}

/* Allowed if of some bits of one argument these are set. */
static void allow_bits(struct filter *filter, int call, unsigned argument, uint64_t of, uint64_t set)
{
	struct scmp_arg_cmp equal = SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, of, set);
	add(filter, SCMP_ACT_ALLOW, call, 1, &equal);
}

static void allow_sockets(struct filter *filter)
{
	static const uint64_t families[] = { AF_INET, AF_INET6, AF_UNIX };
	static const uint64_t requests[] = { FIONREAD, FIONBIO, TCGETS, SIOCGIFINDEX, SIOCGIFNAME };
	const struct scmp_arg_cmp of_interfaces[] = { SCMP_CMP(0, SCMP_CMP_EQ, AF_NETLINK),
						      SCMP_CMP(2, SCMP_CMP_EQ, NETLINK_ROUTE) };
	allow_values(filter, SCMP_SYS(socket), 0, families, COUNT_OF(families));
	add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), COUNT_OF(of_interfaces), of_interfaces);
	allow_values(filter, SCMP_SYS(socketpair), 0, (const uint64_t[]){ AF_UNIX }, 1);
	allow_values(filter, SCMP_SYS(ioctl), 1, requests, COUNT_OF(requests));
}

/* Nothing is both written and executed. */
static void allow_memory(struct filter *filter)
{
	static const uint64_t protections[] = { 0, PROT_WRITE, PROT_EXEC };
	for (size_t i = 0; i < COUNT_OF(protections); i++) {
		allow_bits(filter, SCMP_SYS(mmap), 2, PROT_WRITE | PROT_EXEC, protections[i]);
		allow_bits(filter, SCMP_SYS(mprotect), 2, PROT_WRITE | PROT_EXEC, protections[i]);
	}
}

/* Threads and no processes. The flags of clone3() cannot be seen from here; ENOSYS makes the C library use clone(). */
static void allow_threads(struct filter *filter)
{
	static const uint64_t options[] = { PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ,
					    PR_CAP_AMBIENT, 0x53564d41 /* PR_SET_VMA, by malloc */ };
	const uint64_t own = (uint64_t)getpid(), none = 0;
	allow_bits(filter, SCMP_SYS(clone), CLONE_FLAGS, CLONE_THREAD, CLONE_THREAD);
	add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0, NULL);
	allow_values(filter, SCMP_SYS(prctl), 0, options, COUNT_OF(options));
	allow_values(filter, SCMP_SYS(prlimit64), 0, &none, 1);
	allow_values(filter, SCMP_SYS(tgkill), 0, &own, 1); /* abort() */
}

static void allow_files(struct filter *filter, bool writes)
{
	enum { ANY_WRITING = O_ACCMODE | O_CREAT | O_TRUNC };
	if (writes) {
		add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 0, NULL);
		add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 0, NULL);
		add_all(filter, SCMP_ACT_ALLOW, writing, COUNT_OF(writing));
		return;
	}
	allow_bits(filter, SCMP_SYS(open), 1, ANY_WRITING, O_RDONLY);
	allow_bits(filter, SCMP_SYS(openat), 2, ANY_WRITING, O_RDONLY);
}

static void allow(struct filter *filter, const struct sandbox_needs *needs)
{
	for (size_t i = 0; i < COUNT_OF(allowed); i++) {
		seccomp_syscall_priority(filter->context, allowed[i],
					 (uint8_t)(i < 255 ? 255 - i : 0));
		add(filter, SCMP_ACT_ALLOW, allowed[i], 0, NULL);
	}
	allow_sockets(filter);
	allow_memory(filter);
	allow_threads(filter);
	allow_files(filter, needs->place_count > 0);
}

/* For all threads. Not with the brakes against speculation, which older kernels put on each
 * filtered process: nobody else's code runs in this one. */
static int set_up(scmp_filter_ctx context)
{
	const struct {
		enum scmp_filter_attr attribute;
		uint32_t value;
	} values[] = { { SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM) },
		       { SCMP_FLTATR_CTL_NNP, 0 },
		       { SCMP_FLTATR_CTL_TSYNC, 1 } };
	int failed = 0;
	for (size_t i = 0; i < COUNT_OF(values) && failed == 0; i++)
		failed = seccomp_attr_set(context, values[i].attribute, values[i].value);
	seccomp_attr_set(context, SCMP_FLTATR_CTL_SSB, 1); /* kernels from 4.17 */
	return failed;
}

bool sandbox_guard_calls(const struct sandbox_needs *needs, struct error *error)
{
	uint32_t others = needs->runs_programs ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM);
	struct filter filter = { .context = seccomp_init(others) };
	if (filter.context == NULL)
		return error_set(error, "seccomp is not there");
	filter.failed = set_up(filter.context);
	if (needs->runs_programs)
		add_all(&filter, SCMP_ACT_ERRNO(EPERM), denied, COUNT_OF(denied));
	else
		allow(&filter, needs);
	if (filter.failed == 0)
		filter.failed = seccomp_load(filter.context);
	seccomp_release(filter.context);
	return filter.failed == 0 ||
	       error_set(error, "seccomp is not there (%s)", strerrordesc_np(-filter.failed));
}
