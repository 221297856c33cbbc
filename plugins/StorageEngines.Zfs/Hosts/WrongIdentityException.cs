using System.Diagnostics.CodeAnalysis;

namespace StorageEngines.Zfs.Hosts;

/// <summary>A script found another dataset or snapshot under a name than it was told to, and changed nothing. It is always caught in the engine, which then looks for the thing by its guid.</summary>
[SuppressMessage("Roslynator", "RCS1194:Implement exception constructors", Justification = "It never leaves the engine.")]
internal sealed class WrongIdentityException() : Exception("Another dataset or snapshot has the name.");
