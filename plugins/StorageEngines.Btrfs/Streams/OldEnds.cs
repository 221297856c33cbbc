using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Differences;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Streams;

/// <summary>
/// Finds what the kernel's send leaves out (Linux 6.18): of a file that was cut inside a block, and got older, longer content cloned back, the rest of the block of the old end. The same extent is
/// in both snapshots then, so that the stream says nothing of it, and the receiver has zeroes there. Watches a stream of a difference, with or without data, and tells at its end what
/// commands are to be added. In memory is what <see cref="StreamCommands"/> keeps, and some tens of bytes for each file that grew without being told of the block of its old end. One stream.
/// </summary>
/// <param name="pair">The two snapshots.</param>
internal sealed class OldEnds(SnapshotPair pair) : FileCommands(MostSegments)
{
    private const long Block = 64 << 10; // the largest that Btrfs has; of a smaller one more is sent than is needed
    private const int MostSegments = 1024;

    private readonly List<Left> _left = [];
    private byte[]? _capability;

    private readonly record struct Left(int File, ulong Inode, long From, UnixTime Access, UnixTime Modification, UnixTime Change, byte[]? Capability);

    /// <summary>Watches a stream without data from its beginning to its end.</summary>
    internal static OldEnds Find(SnapshotPair pair, CancellationToken cancellationToken)
    {
        string what = $"difference up to '{pair.To.Name}'";
        return Undisturbed.Read($"The {what}", () =>
        {
            using Stream stream = pair.OpenSend(exact: true, cancellationToken);
            var reader = new BtrfsSendReader(stream, "the " + what);
            var found = new OldEnds(pair);
            while (reader.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                found.Take(reader);
            }

            return found;
        });
    }

    /// <summary>Watches the command that was read last.</summary>
    internal void Take(BtrfsSendReader reader)
    {
        Tree.Damaged = reader.Damaged;
        One(reader);
        switch (reader.Command)
        {
            case BtrfsCommand.SetXattr when reader.Bytes(BtrfsAttribute.XattrName).SequenceEqual("security.capability"u8):
                _capability = reader.Bytes(BtrfsAttribute.XattrData).ToArray();
                break;
            case BtrfsCommand.SetTimes when Current >= 0 && Tree.Names[Tree.Resolve(reader.Bytes(BtrfsAttribute.FilePath))].Now == Current:
                Finish(reader);
                break;
        }
    }

    /// <summary>The commands that are to be added before END, each a whole file's.</summary>
    /// <param name="source">Reads the target.</param>
    /// <param name="version">The stream's version.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal IEnumerable<byte[]> Commands(ISendSource source, int version, CancellationToken cancellationToken)
    {
        foreach (Left left in _left)
        {
            int name = Tree.Objects[left.File].NowName;
            BytePath path = name >= 0 ? Tree.TargetPath(name) : pair.NamesInTarget(left.Inode).FirstOrDefault();
            if (path.IsRoot || pair.InTarget(path) is not { Type: TreeEntryType.File } file || file.Inode != left.Inode)
            {
                throw new StorageEngineException(EngineStatus.Aborted, EngineReason.None, Recovery.Retry,
                    $"The stream of '{pair.To.Name}' cannot be completed: the file with inode {left.Inode} is not where the stream says ('{path}'). Export in a portable format, which does not need the kernel's stream.")
                { Engine = BtrfsEngineFactory.SchemeName, Operation = "export" };
            }

            int length = (int)(Math.Min(file.SizeBytes, EndOfBlock(left.From)) - left.From);
            if (length > 0 && source.ReadTarget(path, left.From, length, cancellationToken) is { } bytes && bytes.AsSpan().ContainsAnyExcept((byte)0))
            {
                yield return Make(version, path, bytes, left);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Completed(BtrfsSendReader reader)
    {
    }

    /// <inheritdoc/>
    protected override void Flush()
    {
        base.Flush();
        _capability = null;
    }

    private static long EndOfBlock(long offset) => (offset + Block - 1) / Block * Block;

    // What is written takes a file's capability away, and the times have to be set again.
    private static byte[] Make(int version, BytePath path, byte[] bytes, Left left)
    {
        byte[] whole = StreamHead.Write(version, writer =>
        {
            writer.Begin(BtrfsCommand.Write).Add(BtrfsAttribute.FilePath, path.Span).Add(BtrfsAttribute.FileOffset, (ulong)left.From).Add(BtrfsAttribute.Data, bytes).End();
            if (left.Capability is { } capability)
            {
                writer.Begin(BtrfsCommand.SetXattr).Add(BtrfsAttribute.FilePath, path.Span).Add(BtrfsAttribute.XattrName, "security.capability"u8).Add(BtrfsAttribute.XattrData, capability).End();
            }

            writer.Begin(BtrfsCommand.SetTimes).Add(BtrfsAttribute.FilePath, path.Span).Add(BtrfsAttribute.AccessTime, left.Access)
                .Add(BtrfsAttribute.ModificationTime, left.Modification).Add(BtrfsAttribute.ChangeTime, left.Change).End();
        });
        return whole[BtrfsSendFormat.StreamHeaderLength..^StreamHead.End.Length];
    }

    private void Finish(BtrfsSendReader reader)
    {
        const ObjectFlags NotPlain = ObjectFlags.New | ObjectFlags.Directory | ObjectFlags.Moved;
        ref TreeObject it = ref Tree.Objects[Current];
        if (!it.Is(ObjectFlags.New) && !File.IsEmpty && it.BaseName >= 0 && pair.InBase(Tree.BasePath(it.BaseName)) is { Type: TreeEntryType.File } before && IsUntold(before.SizeBytes, out long from))
        {
            _left.Add(new Left(
                Current, before.Inode, from, reader.Time(BtrfsAttribute.AccessTime), reader.Time(BtrfsAttribute.ModificationTime), reader.Time(BtrfsAttribute.ChangeTime), _capability));
        }
        else if ((it.Flags & NotPlain) == 0 && it.BaseName == it.NowName)
        {
            Tree.Drop(Current); // There is nothing to remember of it.
        }

        Flush();
    }

    // As ExtentMaker: from the old end on, or where the file was cut, there are zeroes at the receiver, unless the stream says something else.
    private bool IsUntold(long baseSize, out long from)
    {
        from = Math.Min(File.CutAt, baseSize);
        long end = Math.Min(File.TargetSize(baseSize), EndOfBlock(from)), at = from;
        foreach (Segment segment in File.Segments.Segments)
        {
            at = segment.Start <= at ? Math.Max(at, segment.End) : at;
        }

        return at < end;
    }
}
