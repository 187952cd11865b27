//! An allocator that counts.

#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// The system's allocator, counting for each thread.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a thread has allocated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heap {
    /// Allocations.
    pub allocs: u64,
    /// Allocations that were asked to grow or shrink.
    pub reallocs: u64,
    /// Octets asked for, of both.
    pub octets: u64,
    /// Octets that moved with reallocations.
    pub moved: u64,
}

thread_local! {
    static HEAP: Cell<Heap> = const { Cell::new(Heap { allocs: 0, reallocs: 0, octets: 0, moved: 0 }) };
}

/// What this thread has allocated so far.
pub fn heap() -> Heap {
    HEAP.get()
}

impl Heap {
    /// What came since an earlier count.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            allocs: self.allocs - earlier.allocs,
            reallocs: self.reallocs - earlier.reallocs,
            octets: self.octets - earlier.octets,
            moved: self.moved - earlier.moved,
        }
    }
}

/// What `work` allocates.
pub fn heap_of<T>(work: impl FnOnce() -> T) -> (T, Heap) {
    let before = heap();
    let result = work();
    (result, heap().since(before))
}

fn note(change: impl FnOnce(&mut Heap)) {
    // A thread that is ending has no counter any more.
    let _ = HEAP.try_with(|cell| {
        let mut heap = cell.get();
        change(&mut heap);
        cell.set(heap);
    });
}

// SAFETY: everything is passed on to the system's allocator unchanged; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(|heap| {
            heap.allocs += 1;
            heap.octets += layout.size() as u64;
        });
        // SAFETY: the caller keeps the contract of `GlobalAlloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(|heap| {
            heap.allocs += 1;
            heap.octets += layout.size() as u64;
        });
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        let new = unsafe { System.realloc(place, layout, size) };
        note(|heap| {
            heap.reallocs += 1;
            heap.octets += size as u64;
            if new != place {
                heap.moved += layout.size().min(size) as u64;
            }
        });
        new
    }
}

/// Octets that pass through `memcpy`, `memmove` and `memset`. Copies that the compiler does in registers
/// are not seen, for nobody.
#[cfg(feature = "memcount")]
pub mod memory {
    use std::{arch::asm, cell::Cell};

    /// What a thread has copied and filled.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Memory {
        /// Octets copied.
        pub copied: u64,
        /// Octets filled.
        pub filled: u64,
    }

    thread_local! {
        static MEMORY: Cell<Memory> = const { Cell::new(Memory { copied: 0, filled: 0 }) };
    }

    /// What `work` copies and fills.
    pub fn memory_of<T>(work: impl FnOnce() -> T) -> (T, Memory) {
        let before = MEMORY.get();
        let result = work();
        let after = MEMORY.get();
        let memory = Memory {
            copied: after.copied - before.copied,
            filled: after.filled - before.filled,
        };
        (result, memory)
    }

    fn note(copied: usize, filled: usize) {
        let _ = MEMORY.try_with(|cell| {
            let mut memory = cell.get();
            memory.copied += copied as u64;
            memory.filled += filled as u64;
            cell.set(memory);
        });
    }

    // SAFETY: these three do what the C library's do, octet by octet in one instruction, so that no
    // compiler turns the body into a call of itself.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, octets: usize) -> *mut u8 {
        note(octets, 0);
        unsafe { forward(to, from, octets) };
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, octets: usize) -> *mut u8 {
        note(octets, 0);
        if (to as usize).wrapping_sub(from as usize) >= octets {
            unsafe { forward(to, from, octets) };
        } else {
            unsafe {
                asm!("std", "rep movsb", "cld",
                    inout("rdi") to.add(octets).sub(1) => _,
                    inout("rsi") from.add(octets).sub(1) => _,
                    inout("rcx") octets => _);
            }
        }
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memset(to: *mut u8, value: i32, octets: usize) -> *mut u8 {
        note(0, octets);
        unsafe {
            asm!("rep stosb", inout("rdi") to => _, inout("rcx") octets => _, in("al") value as u8);
        }
        to
    }

    unsafe fn forward(to: *mut u8, from: *const u8, octets: usize) {
        unsafe {
            asm!("rep movsb",
                inout("rdi") to => _, inout("rsi") from => _, inout("rcx") octets => _);
        }
    }
}
