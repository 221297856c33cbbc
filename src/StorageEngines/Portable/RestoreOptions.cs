namespace StorageEngines;

/// <summary>How to restore a snapshot to a new place.</summary>
public sealed record RestoreOptions
{
    /// <summary>
    /// One regular file of a tree volume, which <see cref="BlockRestore"/> then restores as an image; <see cref="TreeRestore"/> takes whole trees only.
    /// Default: null, the whole snapshot.
    /// </summary>
    public BytePath? Path { get; init; }

    /// <summary>Told how far it is. Default: null, nobody.</summary>
    public IProgress<OperationProgress>? Progress { get; init; }

    /// <summary>
    /// The directory that remembers which snapshot each restored path holds. Default: null, <c>$XDG_STATE_HOME/storage-engines</c>, or
    /// <c>~/.local/state/storage-engines</c> where that is not set.
    /// </summary>
    public string? StateDirectory { get; init; }
}
