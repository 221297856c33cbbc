namespace StorageEngines.Testing;

/// <summary>How an <see cref="InMemoryStorageEngine"/> behaves.</summary>
public sealed record InMemoryEngineOptions
{
    /// <summary>Default of <see cref="BlockSizeBytes"/>: 4096.</summary>
    public const int DefaultBlockSizeBytes = 4096;

    /// <summary>The granularity of changes, in bytes. Range: 1 to 16 MiB. Default: <see cref="DefaultBlockSizeBytes"/>.</summary>
    public int BlockSizeBytes { get; init; } = DefaultBlockSizeBytes;

    /// <summary>The most extents in one batch, whatever the caller asks for. Range: 1 or more. Default: 256.</summary>
    public int MaxExtentsPerBatch { get; init; } = 256;

    /// <summary>The clock that stamps snapshots and files. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Capabilities that the engine does without, so that callers can be tested on a poorer engine. Default: none.</summary>
    public EngineCapability Disabled { get; init; }

    /// <summary>True if a roll back keeps newer snapshots, as Btrfs and RBD do; false if it has to destroy them, as ZFS does. Default: false.</summary>
    public bool RollbackKeepsNewer { get; init; }

    /// <summary>A way to break the contract on purpose, for the test of tests. Default: <see cref="InMemoryFault.None"/>.</summary>
    public InMemoryFault Fault { get; init; }

    /// <summary>Throws unless every value is in its range.</summary>
    internal InMemoryEngineOptions Validated()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BlockSizeBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BlockSizeBytes, 16 * 1024 * 1024);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxExtentsPerBatch, 1);
        ArgumentNullException.ThrowIfNull(Time);
        return this;
    }
}
