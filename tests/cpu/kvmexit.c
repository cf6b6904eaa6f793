// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "test.h"

#if defined(__x86_64__)
enum { TURNS = 200 };

/* A machine of one page, in real mode: hlt; out %al, $16; and again. */
static const unsigned char code[] = {0xf4, 0xe6, 0x10, 0xeb, 0xfb};

/* Its virtual CPU; -1 where there is no virtualization. */
static int machine(int number, struct kvm_run **run)
{
	struct kvm_userspace_memory_region memory = {.guest_phys_addr = 4096, .memory_size = 4096};
	struct kvm_regs regs = {.rip = 4096, .rflags = 2};
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, cpu;
	struct kvm_sregs sregs;
	void *page;

	vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
	cpu = vm < 0 ? -1 : ioctl(vm, KVM_CREATE_VCPU, number);
	if (cpu < 0)
		return -1;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(page != MAP_FAILED);
	memcpy(page, code, sizeof(code));
	memory.userspace_addr = (uintptr_t)page;
	REQUIRE(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &memory) == 0);
	*run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
	REQUIRE(*run != MAP_FAILED && ioctl(cpu, KVM_GET_SREGS, &sregs) == 0);
	sregs.cs.base = sregs.cs.selector = 0;
	REQUIRE(ioctl(cpu, KVM_SET_SREGS, &sregs) == 0 && ioctl(cpu, KVM_SET_REGS, &regs) == 0);
	return cpu;
}

static void turns(void *arg)
{
	int number = *(int *)arg, cpu;
	struct kvm_run *run;

	cpu = machine(number, &run);
	REQUIRE(cpu >= 0);
	for (int i = 0; i < TURNS; i++) {
		REQUIRE(ioctl(cpu, KVM_RUN, 0) == 0 && run->exit_reason == KVM_EXIT_HLT);
		REQUIRE(ioctl(cpu, KVM_RUN, 0) == 0 && run->exit_reason == KVM_EXIT_IO);
	}
}

/* Intel's names and AMD's. */
static long long halts(struct job *job)
{
	return sum(job, "count", IS("reason", "HLT")) + sum(job, "count", IS("reason", "hlt"));
}

static long long ios(struct job *job)
{
	return sum(job, "count", IS("reason", "IO_INSTRUCTION")) + sum(job, "count", IS("reason", "io"));
}

TEST(kvmexit, "each exit of a virtual machine is counted, by its reason, process, thread and virtual CPU")
{
	static int zero = 0, one = 1;
	struct child first, second;
	struct kvm_run *unused;
	const char *pids;
	struct job *all, *pid, *cpu, *one_cpu, *tid;

	run("sh", "-c", "modprobe kvm_amd || modprobe kvm_intel");
	if (machine(0, &unused) < 0)
		SKIP("no virtual machine can be made here");
	if (access("/sys/module/kvm_intel", F_OK) && access("/sys/module/kvm_amd", F_OK))
		SKIP("virtual machines here are those of another module than Intel's or AMD's, which is not traced");
	first = child_new("machine-0", 0, turns, &zero);
	second = child_new("machine-1", 0, turns, &one);
	pids = text("%d,%d", first.pid, second.pid);
	all = tool_start("kvmexit", "-p", pids);
	pid = tool_start("kvmexit", "-P", "-p", pids);
	tid = tool_start("kvmexit", "-L", "-n", "machine-1");
	cpu = tool_start("kvmexit", "-C", "-p", pids);
	one_cpu = tool_start("kvmexit", "--vcpu", "1,7", "-p", pids);
	child_run(&first);
	child_run(&second);
	tool_stop(all);
	tool_stop(pid);
	tool_stop(tid);
	tool_stop(cpu);
	tool_stop(one_cpu);
	CHECK_EQ(halts(all), 2 * TURNS);
	CHECK_EQ(ios(all), 2 * TURNS);
	CHECK_EQ(sum(pid, "count", IS("pid", first.pid), IS("comm", "machine-0")), sum(cpu, "count", IS("vcpu", 0)));
	CHECK(sum(pid, "count", IS("pid", first.pid)) >= 2 * TURNS);
	CHECK_EQ(sum(pid, "count"), sum(all, "count"));
	CHECK_EQ(halts(tid), TURNS);
	CHECK_EQ(rows(tid), rows(tid, IS("tid", second.pid), IS("comm", "machine-1")));
	CHECK_EQ(halts(one_cpu), TURNS);
	CHECK_EQ(sum(one_cpu, "count"), sum(cpu, "count", IS("vcpu", 1)));
	CHECK_NO_LOSS(all);
}
#endif

TEST(kvmexit, "what is no virtual CPU is refused")
{
	CHECK_EQ(run("corekit", "kvmexit", "-d", "10ms", "--vcpu", "first")->status, 2);
}
