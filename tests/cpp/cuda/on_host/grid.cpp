#include "cuda/on_host/grid.hpp"

#include <ucontext.h>

#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace radonc::test::on_host {
namespace {

constexpr std::size_t kStack = 1 << 16;

enum class State { kReady, kAtBarrier, kInWarp, kReturned };

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack;
  State state = State::kReady;
  std::source_location where;                    // kAtBarrier
  const char* operation = "";                    // kInWarp
  unsigned mask = 0;                             // kInWarp
  std::uint64_t value = 0;                       // kInWarp
  std::array<std::uint64_t, kWarp> values = {};  // what the lanes brought
};

/// The block that is running.
struct Block {
  const std::function<void()>* kernel = nullptr;
  std::vector<Fiber> fibers;
  ucontext_t scheduler = {};
  unsigned current = 0;
  std::exception_ptr failure;
};

Block* running = nullptr;

std::string describe(unsigned i) {
  const Fiber& fiber = running->fibers[i];
  std::string text = "thread " + std::to_string(i);
  if (fiber.state == State::kReturned) return text + " has returned";
  if (fiber.state == State::kInWarp)
    return text + " waits in " + fiber.operation + " with mask " + std::to_string(fiber.mask);
  return text + " waits at the barrier in line " + std::to_string(fiber.where.line());
}

Fiber& current() {
  return running->fibers[running->current];
}

void wait(State state) {
  Fiber& fiber = current();
  fiber.state = state;
  swapcontext(&fiber.context, &running->scheduler);
}

/// A fiber runs its thread in every block, one block after the other.
void loop() {
  for (;;) {
    try {
      (*running->kernel)();
    } catch (...) {
      running->failure = std::current_exception();
    }
    wait(State::kReturned);
  }
}

void resume(unsigned i) {
  running->current = i;
  thread = {i % block_size.x, i / block_size.x % block_size.y, i / (block_size.x * block_size.y)};
  swapcontext(&running->scheduler, &running->fibers[i].context);
  if (running->failure) std::rethrow_exception(running->failure);
}

/// Lets the lanes go that thread `i` waits for, once all of them are here.
void release_warp(unsigned i) {
  auto& fibers = running->fibers;
  const unsigned first = i / kWarp * kWarp, mask = fibers[i].mask;
  if ((mask >> (i - first) & 1U) == 0) throw Error(describe(i) + ", which its mask leaves out");
  bool complete = true;
  std::array<std::uint64_t, kWarp> values = {};
  for (unsigned lane = 0; lane < kWarp; ++lane) {
    if ((mask >> lane & 1U) == 0) continue;
    if (first + lane >= fibers.size())
      throw Error(describe(i) + " for lane " + std::to_string(lane) + ", which the block does not have");
    const Fiber& other = fibers[first + lane];
    if (other.state == State::kReturned) throw Error(describe(i) + ", but " + describe(first + lane));
    const bool disagrees = other.mask != mask || std::strcmp(other.operation, fibers[i].operation) != 0;
    if (other.state == State::kInWarp && disagrees) throw Error(describe(i) + ", but " + describe(first + lane));
    complete &= other.state == State::kInWarp;
    values[lane] = other.value;
  }
  for (unsigned lane = 0; complete && lane < kWarp; ++lane) {
    if ((mask >> lane & 1U) == 0) continue;
    fibers[first + lane].values = values;
    fibers[first + lane].state = State::kReady;
  }
}

/// Lets all threads go if they wait at one barrier. Gives false once all have returned.
bool release_block() {
  auto& fibers = running->fibers;
  for (unsigned i = 1; i < fibers.size(); ++i) {
    const bool at_barrier = fibers[i].state == State::kAtBarrier;
    if (fibers[i].state != fibers[0].state || (at_barrier && fibers[i].where.line() != fibers[0].where.line()))
      throw Error(describe(0) + ", but " + describe(i));
  }
  if (fibers[0].state == State::kReturned) return false;
  if (fibers[0].state == State::kInWarp) throw Error(describe(0) + ", and so do all, each for others");
  for (Fiber& fiber : fibers) fiber.state = State::kReady;
  return true;
}

/// `i` of `n` in an order that changes from round to round.
unsigned shuffled(unsigned i, unsigned n, unsigned round) {
  const unsigned turned = (i + round * 37) % n;
  return round % 2 == 0 ? turned : n - 1 - turned;
}

/// Runs the warp's threads as far as they get without the other warps.
void run_warp(unsigned first, unsigned round) {
  auto& fibers = running->fibers;
  const unsigned lanes = std::min(static_cast<unsigned>(fibers.size()) - first, kWarp);
  for (bool progress = true; progress;) {
    progress = false;
    for (unsigned k = 0; k < lanes; ++k) {
      const unsigned i = first + shuffled(k, lanes, round);
      if (fibers[i].state != State::kReady) continue;
      progress = true;
      resume(i);
      if (fibers[i].state == State::kInWarp) release_warp(i);
    }
  }
}

void run_block() {
  const auto warps = (static_cast<unsigned>(running->fibers.size()) + kWarp - 1) / kWarp;
  for (Fiber& fiber : running->fibers) fiber.state = State::kReady;
  for (unsigned round = 0;; ++round) {
    for (unsigned k = 0; k < warps; ++k) run_warp(shuffled(k, warps, round) * kWarp, round);
    if (!release_block()) return;
  }
}

void start(Fiber& fiber) {
  fiber.stack.reset(new char[kStack]);
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.get();
  fiber.context.uc_stack.ss_size = kStack;
  makecontext(&fiber.context, loop, 0);
}

}  // namespace

void run(Dim grid, Dim size, const std::function<void()>& kernel) {
  if (running) throw Error("a kernel launches a kernel");
  Block state;
  state.kernel = &kernel;
  state.fibers.resize(static_cast<std::size_t>(size.x) * size.y * size.z);
  if (state.fibers.empty() || state.fibers.size() > 1024 || grid.x == 0 || grid.y == 0 || grid.z == 0)
    throw Error("a launch has 1 to 1024 threads a block, and a block");
  for (Fiber& fiber : state.fibers) start(fiber);
  running = &state;
  const std::shared_ptr<void> finish(nullptr, [](void*) { running = nullptr; });
  grid_size = grid;
  block_size = size;
  for (block.z = 0; block.z < grid.z; ++block.z)
    for (block.y = 0; block.y < grid.y; ++block.y)
      for (block.x = 0; block.x < grid.x; ++block.x) run_block();
}

void barrier(std::source_location where) {
  current().where = where;
  wait(State::kAtBarrier);
}

const std::array<std::uint64_t, kWarp>& exchange(const char* name, unsigned mask, std::uint64_t value) {
  Fiber& fiber = current();
  fiber.operation = name;
  fiber.mask = mask;
  fiber.value = value;
  wait(State::kInWarp);
  return fiber.values;
}

unsigned lane() {
  return running->current % kWarp;
}

}  // namespace radonc::test::on_host
