using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Zfs.Differences;

/// <summary>
/// Paths that <c>zfs diff</c> names. It leaves out what was changed twice within a tick of the clock around the snapshot, hides that a renamed file was changed, knows one name of each file, and
/// fails for some hard links: so it says where to look, and not what changed. Without it everything is found too, by walking the tree.
/// </summary>
internal sealed class DiffHints
{
    private DiffHints()
    {
    }

    /// <summary>Paths in the target.</summary>
    internal HashSet<BytePath> InTarget { get; } = [];

    /// <summary>Paths of directories in the base.</summary>
    internal HashSet<BytePath> InBase { get; } = [];

    /// <summary>Paths in the base of what is gone, or is another object now under the same number.</summary>
    internal HashSet<BytePath> Gone { get; } = [];

    /// <summary>Asks for the paths.</summary>
    /// <param name="host">The host.</param>
    /// <param name="from">The base.</param>
    /// <param name="to">The target.</param>
    /// <param name="cancellationToken">Ends it, there too.</param>
    /// <returns>The paths; null if the dataset is not mounted, or the program fails.</returns>
    /// <remarks>Implements: <c>zfs diff -FHt</c>, zfs-diff(8).</remarks>
    internal static async Task<DiffHints?> TryReadAsync(ZfsHost host, ZfsSnapshot from, ZfsSnapshot to, CancellationToken cancellationToken)
    {
        if (to.Of is not { IsMounted: true, MountPoint: { } place })
        {
            return null;
        }

        var request = new CommandRequest("zfs", ["diff", "-FHt", from.FullName, to.FullName]);
        try
        {
            ZfsCommand command = await host.StartAsync("compare files of", to.FullName, request, cancellationToken).ConfigureAwait(false);
            await using (command.ConfigureAwait(false))
            {
                return await Task.Run(() => Read(command.Output, place, cancellationToken), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (StorageEngineException e) when (e is not CorruptDataException && e.Reason != EngineReason.ConnectionLost && e.Status is not EngineStatus.Unavailable)
        {
            return null; // Nothing depends on it. What is wrong with the snapshots themselves shows elsewhere.
        }
    }

    /// <summary>Reads the lines.</summary>
    internal static DiffHints Read(Stream output, BytePath mountPoint, CancellationToken cancellationToken)
    {
        var hints = new DiffHints();
        var reader = new DiffReader(output);
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            hints.Take(reader.Line, mountPoint);
        }

        return hints;
    }

    private void Take(DiffLine line, BytePath mountPoint)
    {
        if (Relative(line.Path, mountPoint) is not { } path)
        {
            return;
        }

        if (line.Change == '-')
        {
            Gone.Add(path);
        }
        else if (line.Change == 'R' ? line.NewPath is { } moved && Relative(moved, mountPoint) is { } now : (now = path) == path)
        {
            InTarget.Add(now);
        }

        if (line.IsDirectory && line.Change != '+')
        {
            InBase.Add(path);
        }
    }

    // What is no path below the mount point is that of an extended attribute, or of a file that has no name any more.
    private static BytePath? Relative(BytePath path, BytePath mountPoint)
    {
        ReadOnlyMemory<byte> bytes = path.Bytes, above = mountPoint.Span.SequenceEqual("/"u8) ? default : mountPoint.Bytes;
        if (!bytes.Span.StartsWith(above.Span) || bytes.Length <= above.Length || bytes.Span[above.Length] != '/')
        {
            return null;
        }

        bytes = bytes[(above.Length + 1)..];
        bytes = bytes.Span is [.., (byte)'/'] ? bytes[..^1] : bytes;
        return new BytePath(bytes) is { IsSafeRelative: true } relative ? relative : null;
    }
}
