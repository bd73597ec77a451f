// Memory that starting needed, and looking after what runs does not.
#pragma once

namespace poststack::supervise {

/// Gives back the free pages of the heap, and the pages of our own code and constants, which most
/// of our memory is: what is needed again comes back from the file, by itself. For a moment when
/// nothing is to be done.
void give_back_memory() noexcept;

}  // namespace poststack::supervise
