using System.Globalization;
using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Streams;
using StorageEngines.RemoteShells;
using StorageEngines.RemoteTrees;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>A snapshot of another host that is sent. Implements: <c>btrfs send</c>, btrfs-send(8); dd(1).</summary>
/// <param name="shell">Asks the host.</param>
/// <param name="from">The base; null for a full stream.</param>
/// <param name="to">The target.</param>
/// <param name="pair">The two; null for a full stream. It becomes this one's.</param>
/// <param name="protocol">The highest version that the host's kernel sends.</param>
/// <param name="asked">How the target was asked for.</param>
internal sealed class RemoteSendSource(RemoteShell shell, SnapshotEntry? from, SnapshotEntry to, SnapshotPair? pair, uint protocol, SnapshotRef asked) : ISendSource
{
    /// <inheritdoc/>
    public SubvolumeDetails Target => to.Details;

    /// <inheritdoc/>
    public SubvolumeDetails? Base => from?.Details;

    /// <inheritdoc/>
    public SnapshotPair? Pair => pair;

    /// <inheritdoc/>
    /// <remarks>What the program there can do shows when it is tried.</remarks>
    public IReadOnlyList<StreamKind> Kinds(StreamKind? wanted)
    {
        if (wanted is not { } one)
        {
            StreamKind best = StreamKind.Best(protocol);
            return best.Version == 1 ? [best] : [best, new StreamKind(1, false)];
        }

        one.Require(protocol);
        return [one];
    }

    /// <inheritdoc/>
    public Stream Open(StreamKind kind, bool data, CancellationToken cancellationToken)
    {
        List<CommandArgument> arguments = ["send", "-q"];
        arguments.AddRange(data ? [] : ["--no-data"]);
        arguments.AddRange(kind.Version > 1 ? ["--proto", kind.Version.ToString(CultureInfo.InvariantCulture)] : []);
        arguments.AddRange(kind.IsCompressed ? ["--compressed-data"] : []);
        arguments.AddRange(from is null ? [to.Path] : ["-p", from.Path, to.Path]);
        return RemoteSendStream.Open(shell, new CommandRequest("btrfs", arguments) { Operation = "export snapshot" }, to.Path, cancellationToken);
    }

    /// <inheritdoc/>
    public byte[] ReadTarget(BytePath path, long offset, int length, CancellationToken cancellationToken)
    {
        using var file = new RemoteFileStream(SnapshotTree.Root(shell, to, asked), path, offset + length, []) { Position = offset };
        byte[] bytes = new byte[length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose() => pair?.Dispose();
}
