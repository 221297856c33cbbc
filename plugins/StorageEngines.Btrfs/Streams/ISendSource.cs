using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Native;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Streams;

/// <summary>A snapshot that is sent, wherever it is. One caller at a time. To be disposed after its streams.</summary>
internal interface ISendSource : IDisposable
{
    /// <summary>What the file system knows of the target, the transaction that a first sender told among it.</summary>
    SubvolumeDetails Target { get; }

    /// <summary>The same of the base; null for a full stream.</summary>
    SubvolumeDetails? Base { get; }

    /// <summary>The two, to look things up; null for a full stream.</summary>
    SnapshotPair? Pair { get; }

    /// <summary>Which streams may be tried, the best first.</summary>
    /// <param name="wanted">What the setting says; null for the best.</param>
    /// <exception cref="StorageEngineException">The kernel cannot write what is wanted.</exception>
    IReadOnlyList<StreamKind> Kinds(StreamKind? wanted);

    /// <summary>Begins a stream. Its end is given only after the sender is known to have succeeded; else the error is thrown there.</summary>
    /// <param name="kind">Which stream.</param>
    /// <param name="data">Whether with data.</param>
    /// <param name="cancellationToken">Ends it soon.</param>
    /// <exception cref="PosixException">It cannot be sent.</exception>
    Stream Open(StreamKind kind, bool data, CancellationToken cancellationToken);

    /// <summary>Reads a range of a file of the target.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">From where, in bytes.</param>
    /// <param name="length">How much, in bytes; some thousands at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    byte[] ReadTarget(BytePath path, long offset, int length, CancellationToken cancellationToken);
}
