using StorageEngines.BtrfsStreams;
using static StorageEngines.BtrfsStreams.BtrfsAttribute;

namespace StorageEngines.Portable.Trees;

/// <summary>Writes entries, content and attributes as commands.</summary>
internal sealed class BtrfsEmitter(TreeSource source, BtrfsSendWriter writer)
{
    private static readonly byte[] Zeroes = new byte[BtrfsSendFormat.WriteChunk];

    private readonly byte[] _chunk = new byte[BtrfsSendFormat.WriteChunk];
    private ulong _inode = 256;

    /// <summary>Bytes of data written.</summary>
    internal long DataBytes { get; private set; }

    /// <summary>Bytes written as zeroes, or made so by cutting and growing.</summary>
    internal long ZeroBytes { get; private set; }

    /// <summary>Creates a name; content and attributes follow later.</summary>
    internal async ValueTask CreateAsync(BytePath path, TreeEntry entry, CancellationToken cancellationToken)
    {
        ulong inode = ++_inode;
        BtrfsCommand command = entry.Type switch
        {
            TreeEntryType.File => BtrfsCommand.MakeFile,
            TreeEntryType.Directory => BtrfsCommand.MakeDirectory,
            TreeEntryType.SymbolicLink => BtrfsCommand.Symlink,
            TreeEntryType.Fifo => BtrfsCommand.MakeFifo,
            TreeEntryType.Socket => BtrfsCommand.MakeSocket,
            _ => BtrfsCommand.MakeNode,
        };
        writer.Begin(command).Add(BtrfsAttribute.FilePath, path.Span).Add(Inode, inode);
        if (command == BtrfsCommand.Symlink)
        {
            writer.Add(PathLink, entry.LinkTarget.Span);
        }
        else if (command is not (BtrfsCommand.MakeFile or BtrfsCommand.MakeDirectory))
        {
            writer.Add(Device, DeviceNumber(entry)).Add(Mode, ((ulong)entry.Type << 12) | (uint)entry.Mode);
        }

        writer.End();
        await writer.DrainAsync(cancellationToken);
    }

    /// <summary>A command with a path, and a second one where it takes one.</summary>
    internal ValueTask NameAsync(BtrfsCommand command, BytePath path, BytePath? other, CancellationToken cancellationToken)
    {
        writer.Begin(command).Add(BtrfsAttribute.FilePath, path.Span);
        if (other is { } second)
        {
            writer.Add(command == BtrfsCommand.Rename ? PathTo : PathLink, second.Span);
        }

        writer.End();
        return writer.DrainAsync(cancellationToken);
    }

    /// <summary>Makes a directory that is only there while names are moved about.</summary>
    internal ValueTask MakeDirectoryAsync(BytePath path, CancellationToken cancellationToken)
    {
        writer.Begin(BtrfsCommand.MakeDirectory).Add(BtrfsAttribute.FilePath, path.Span).Add(Inode, ++_inode).End();
        return writer.DrainAsync(cancellationToken);
    }

    /// <summary>Brings a file from a size and its old content to the target's content.</summary>
    internal async Task ContentAsync(TreeEntry entry, long oldSize, IAsyncEnumerable<Extent> extents, CancellationToken cancellationToken)
    {
        long size = entry.SizeBytes;
        long current = oldSize;
        if (current > size)
        {
            await TruncateAsync(entry.Path, current = size, cancellationToken);
        }

        Stream? data = null;
        try
        {
            await foreach (Extent extent in extents.WithCancellation(cancellationToken))
            {
                long end = Math.Min(extent.End, size);
                if (extent.Offset >= end)
                {
                    continue;
                }

                if (extent.State == ExtentState.Zero)
                {
                    current = await ZeroAsync(entry.Path, extent.Offset, end, current, size, cancellationToken);
                    continue;
                }

                data ??= await source.OpenAsync(entry.Path, cancellationToken);
                current = await DataAsync(entry, data, extent.Offset, end, current, cancellationToken);
            }
        }
        finally
        {
            if (data is not null)
            {
                await data.DisposeAsync();
            }
        }

        if (current != size)
        {
            await TruncateAsync(entry.Path, size, cancellationToken);
        }
    }

    /// <summary>Owner, attributes, mode and times; in the order in which one does not undo the other.</summary>
    /// <param name="entry">What it shall be.</param>
    /// <param name="before">What it was, or null for a new one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async ValueTask AttributesAsync(TreeEntry entry, TreeEntry? before, CancellationToken cancellationToken)
    {
        writer.Begin(BtrfsCommand.ChangeOwner).Add(BtrfsAttribute.FilePath, entry.Path.Span).Add(UserId, entry.UserId).Add(GroupId, entry.GroupId).End();
        foreach (ExtendedAttribute old in before?.Attributes ?? [])
        {
            if (!entry.Attributes.Any(a => a.Name.Span.SequenceEqual(old.Name.Span)))
            {
                writer.Begin(BtrfsCommand.RemoveXattr).Add(BtrfsAttribute.FilePath, entry.Path.Span).Add(XattrName, old.Name.Span).End();
                await writer.DrainAsync(cancellationToken);
            }
        }

        // All of them, also the ones that stayed: a write and a change of owner take file capabilities away.
        foreach (ExtendedAttribute attribute in entry.Attributes)
        {
            writer.Begin(BtrfsCommand.SetXattr).Add(BtrfsAttribute.FilePath, entry.Path.Span).Add(XattrName, attribute.Name.Span).Add(XattrData, attribute.Value.Span).End();
            await writer.DrainAsync(cancellationToken);
        }

        if (entry.Type != TreeEntryType.SymbolicLink)
        {
            writer.Begin(BtrfsCommand.ChangeMode).Add(BtrfsAttribute.FilePath, entry.Path.Span).Add(Mode, (ulong)entry.Mode).End();
        }

        await TimesAsync(entry, cancellationToken);
    }

    /// <summary>The times alone.</summary>
    internal ValueTask TimesAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        writer.Begin(BtrfsCommand.SetTimes).Add(BtrfsAttribute.FilePath, entry.Path.Span)
            .Add(AccessTime, entry.ModifiedAt).Add(ModificationTime, entry.ModifiedAt).Add(ChangeTime, entry.ChangedAt).End();
        source.Report(writer.Length, writer.Commands);
        return writer.DrainAsync(cancellationToken);
    }

    private static ulong DeviceNumber(TreeEntry entry)
        => (entry.DeviceMinor & 0xFF) | ((ulong)entry.DeviceMajor << 8) | ((ulong)(entry.DeviceMinor & ~0xFFu) << 12);

    private ValueTask TruncateAsync(BytePath path, long size, CancellationToken cancellationToken)
    {
        writer.Begin(BtrfsCommand.Truncate).Add(BtrfsAttribute.FilePath, path.Span).Add(Size, (ulong)size).End();
        return writer.DrainAsync(cancellationToken);
    }

    private ValueTask WriteAsync(BytePath path, long offset, ReadOnlySpan<byte> data, CancellationToken cancellationToken)
    {
        writer.Begin(BtrfsCommand.Write).Add(BtrfsAttribute.FilePath, path.Span).Add(FileOffset, (ulong)offset).Add(Data, data).End();
        return writer.DrainAsync(cancellationToken);
    }

    private async ValueTask<long> ZeroAsync(BytePath path, long start, long end, long current, long size, CancellationToken cancellationToken)
    {
        ZeroBytes += end - start;
        if (start >= current)
        {
            return current; // beyond what the file holds: it will be grown over it
        }

        if (end == size)
        {
            await TruncateAsync(path, start, cancellationToken);
            return start;
        }

        // Version 1 of the format has no hole command; this library's applier makes holes of whole zero pages again.
        for (long at = start; at < Math.Min(end, current); at += Zeroes.Length)
        {
            int length = (int)Math.Min(Zeroes.Length, Math.Min(end, current) - at);
            await WriteAsync(path, at, Zeroes.AsSpan(0, length), cancellationToken);
        }

        return current;
    }

    private async ValueTask<long> DataAsync(TreeEntry entry, Stream data, long start, long end, long current, CancellationToken cancellationToken)
    {
        data.Position = start;
        for (long at = start; at < end;)
        {
            Memory<byte> part = _chunk.AsMemory(0, (int)Math.Min(_chunk.Length, end - at));
            await TreeSource.ReadExactlyAsync(data, part, entry, at, cancellationToken);
            if (at < current || part.Span.ContainsAnyExcept((byte)0))
            {
                await WriteAsync(entry.Path, at, part.Span, cancellationToken);
                DataBytes += part.Length;
                current = Math.Max(current, at + part.Length);
            }

            at += part.Length;
        }

        return current;
    }
}
