// All native calls here take plain numbers and pointers, so that they can be compiled ahead of time; else each one needs a stub that is made at every start.
[assembly: System.Runtime.CompilerServices.DisableRuntimeMarshalling]
