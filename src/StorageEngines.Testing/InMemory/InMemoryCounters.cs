namespace StorageEngines.Testing;

/// <summary>What an <see cref="InMemoryStorageEngine"/> has read and has open. A test looks here for leaks and for data that was read without need.</summary>
/// <remarks>Safe for use by several threads. What a test itself reads through a volume's handle is not counted.</remarks>
public sealed class InMemoryCounters
{
    private long _volumeBytesRead;
    private long _snapshotBytesRead;
    private long _openOperations;
    private long _openStreams;
    private long _temporarySnapshots;
    private long _commands;

    internal InMemoryCounters()
    {
    }

    /// <summary>Bytes that the engine read from live volumes.</summary>
    public long VolumeBytesRead => Interlocked.Read(ref _volumeBytesRead);

    /// <summary>Bytes that were read from snapshots: by the streams that the engine gave out, and by its exports.</summary>
    public long SnapshotBytesRead => Interlocked.Read(ref _snapshotBytesRead);

    /// <summary>Calls that the engine has made to its storage; a real one would have run a command or sent a request for each.</summary>
    public long Commands => Interlocked.Read(ref _commands);

    /// <summary>Calls and enumerations that have begun and not ended.</summary>
    public long OpenOperations => Interlocked.Read(ref _openOperations);

    /// <summary>Streams that were opened and not disposed.</summary>
    public long OpenStreams => Interlocked.Read(ref _openStreams);

    /// <summary>Snapshots that operations made for themselves and have not removed.</summary>
    public long TemporarySnapshots => Interlocked.Read(ref _temporarySnapshots);

    internal void AddVolumeBytes(long count) => Interlocked.Add(ref _volumeBytesRead, count);

    internal void AddSnapshotBytes(long count) => Interlocked.Add(ref _snapshotBytesRead, count);

    internal void AddCommand() => Interlocked.Increment(ref _commands);

    internal void AddStream(int count) => Interlocked.Add(ref _openStreams, count);

    internal Counted Operation()
    {
        Interlocked.Increment(ref _openOperations);
        return new Counted(() => Interlocked.Decrement(ref _openOperations));
    }

    internal Counted TemporarySnapshot()
    {
        Interlocked.Increment(ref _temporarySnapshots);
        return new Counted(() => Interlocked.Decrement(ref _temporarySnapshots));
    }

    /// <summary>Takes back a count when it is disposed.</summary>
    internal readonly struct Counted(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
