using System.Text;
using StorageEngines.BtrfsStreams;
using StorageEngines.Portable.Trees;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Tar;

/// <summary>Applies a tar archive to a plain directory, with the same care as a Btrfs send stream: checked whole, written aside, shown when complete.</summary>
internal sealed class TarApply(SpooledInput input, BytePath target, ApplyOptions options)
{
    private readonly byte[] _chunk = new byte[64 << 10];
    private readonly List<TreeEntry> _directories = [];
    private Guid? _base;
    private Guid? _snapshot;
    private long _data;
    private long _stored;
    private long _items;
    private bool _hasWhiteouts;

    internal DifferentialSummary Run(CancellationToken cancellationToken)
    {
        Check(cancellationToken);
        var proof = new TreeBase(target, options.StateDirectory, options.SkipBaseCheck);
        proof.Receipts.RequireWritable();
        using StagedDirectory staged = StagedDirectory.Open(target, "apply to", proof.Receipts);
        if (_base is { } from)
        {
            proof.Require(from, cancellationToken);
        }

        if (_base is { } parent && _snapshot is { } snapshot)
        {
            proof.Begin(parent, snapshot);
        }

        if (_base is null)
        {
            staged.RequireSpace(_stored);
        }

        using BeneathRoot tree = _base is null ? staged.Create() : staged.TakeAside();
        Carry(tree, proof, staged.AsidePath, cancellationToken);
        staged.Publish(tree, proof, _snapshot, _base is null ? cancellationToken : CancellationToken.None);
        return new DifferentialSummary(input.Length, _data, 0, _items);
    }

    private static bool IsWhiteout(TreeEntry entry) => entry.Path.Name.Span.StartsWith(".wh."u8);

    private void Check(CancellationToken cancellationToken)
    {
        var reader = new TarReader(input.Rewind());
        options.Progress?.Report(new OperationProgress("check", 0, input.Length));
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            _items++;
            _data += reader.Entry.SizeBytes;
            for (int got; (got = reader.ReadData(_chunk)) > 0;)
            {
                _stored += FileRanges.IsHole(_chunk.AsSpan(0, got)) ? 0 : got;
            }

            CheckPath(reader, reader.Entry.Path, reader.Entry.Type == TreeEntryType.Directory);
            if (reader.IsHardLink)
            {
                CheckPath(reader, reader.Trim(reader.Entry.LinkTarget), false);
            }

            if (IsWhiteout(reader.Entry))
            {
                _hasWhiteouts = true;
                CheckPath(reader, reader.Entry.Path.Parent.Append(Marked(reader, reader.Entry)), false);
            }
        }

        string comment = Encoding.UTF8.GetString(reader.Comment ?? []);
        (_base, _snapshot) = (Identity(comment, "base="), Identity(comment, "target="));
        if (_base is null && _hasWhiteouts)
        {
            throw new BaseMismatchException(
                "unknown", null, "The archive has whiteouts but does not say which base it belongs to; it was not made by this library and is not applied.");
        }
    }

    private static BytePath Marked(TarReader reader, TreeEntry entry)
        => entry.Path.Name.Span[4..] is { IsEmpty: false } name && !name.SequenceEqual(".wh..opq"u8) && !name.SequenceEqual(".opq"u8)
            ? new BytePath(entry.Path.Name.Bytes[4..])
            : throw reader.Damaged("a whiteout names nothing, or a whole directory, which is not supported");

    private static void CheckPath(TarReader reader, BytePath path, bool mayBeRoot)
    {
        if (path.IsRoot && mayBeRoot)
        {
            return;
        }

        try
        {
            PathRules.CheckRelative(path.Span, "apply");
        }
        catch (PosixException e)
        {
            throw TreeErrors.Unsafe($"tar archive: byte {reader.EntryOffset}", e);
        }
    }

    private static Guid? Identity(string comment, string key)
    {
        string? word = comment.StartsWith("storage-engines ", StringComparison.Ordinal)
            ? comment.Split(' ').FirstOrDefault(w => w.StartsWith(key, StringComparison.Ordinal))
            : null;
        return word is not null && Guid.TryParseExact(word[key.Length..], "D", out Guid identity) ? identity : null;
    }

    private void Carry(BeneathRoot tree, TreeBase proof, BytePath aside, CancellationToken cancellationToken)
    {
        try
        {
            var warnings = new TreeWarnings(options.Progress);
            using var writer = new TreeWriter(tree, warnings, proof.NodesLeftOut);
            var reader = new TarReader(input.Rewind());
            while (reader.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    One(writer, reader);
                }
                catch (PosixException e) when (e.Errno == Errno.EACCES && OpenUp(writer, reader))
                {
                    One(writer, reader);
                }

                options.Progress?.Report(new OperationProgress("apply", reader.Position, input.Length));
            }

            writer.Close();
            foreach (TreeEntry directory in _directories.OrderByDescending(d => d.Path))
            {
                writer.OpenUp(directory.Path);
                TreeRestorer.Attributes(writer, directory);
            }

            writer.CloseUp();
            proof.NodesLeftOut |= warnings.NodesLeftOut;
        }
        catch (PosixException e) when (_base is null)
        {
            throw TreeErrors.Map(e, $"Cannot apply to '{target}'");
        }
        catch (Exception e) when (_base is not null && TreeErrors.Partial(e, target, aside) is { } told)
        {
            throw told;
        }
    }

    private static bool OpenUp(TreeWriter writer, TarReader reader)
        => writer.OpenUp(reader.Entry.Path) | (reader.IsHardLink && writer.OpenUp(reader.Trim(reader.Entry.LinkTarget)));

    private void One(TreeWriter writer, TarReader reader)
    {
        TreeEntry entry = reader.Entry;
        ReadOnlySpan<byte> path = entry.Path.Span;
        writer.Close();
        if (IsWhiteout(entry))
        {
            Remove(writer, entry.Path.Parent.Append(Marked(reader, entry)));
        }
        else if (entry.Type == TreeEntryType.Directory && !reader.IsHardLink)
        {
            Directory(writer, entry);
        }
        else
        {
            Remove(writer, entry.Path);
            if (reader.IsHardLink)
            {
                BytePath existing = reader.Trim(entry.LinkTarget);
                if (!writer.IsLeftOut(existing.Span))
                {
                    writer.Root.HardLink(existing.Span, path);
                }

                return;
            }

            Make(writer, reader, entry);
            TreeRestorer.Attributes(writer, entry);
        }
    }

    private void Make(TreeWriter writer, TarReader reader, TreeEntry entry)
    {
        ReadOnlySpan<byte> path = entry.Path.Span;
        switch (entry.Type)
        {
            case TreeEntryType.File:
                writer.MakeFile(path);
                long at = 0;
                for (int got; (got = reader.ReadData(_chunk)) > 0; at += got)
                {
                    writer.Write(path, at, _chunk.AsSpan(0, got));
                }

                break;
            case TreeEntryType.SymbolicLink:
                writer.Root.MakeSymlink(path, entry.LinkTarget.Span);
                break;
            default:
                writer.MakeNode(path, (FileType)((int)entry.Type << 12), (uint)entry.Mode, entry.DeviceMajor, entry.DeviceMinor);
                break;
        }
    }

    /// <summary>Makes a directory or keeps the one that is there; its attributes come last, when all in it is done.</summary>
    private void Directory(TreeWriter writer, TreeEntry entry)
    {
        ReadOnlySpan<byte> path = entry.Path.Span;
        bool exists = entry.Path.IsRoot || (writer.Root.TryGetStatus(path, out FileStatus status) && status.IsDirectory);
        if (!exists)
        {
            Remove(writer, entry.Path);
            writer.Root.MakeDirectory(path);
        }
        else
        {
            foreach (byte[] name in writer.Root.ListXattrs(path).Where(n => !entry.Attributes.Any(a => a.Name.Span.SequenceEqual(n))))
            {
                writer.RemoveXattr(path, name);
            }
        }

        _directories.Add(entry);
    }

    private static void Remove(TreeWriter writer, BytePath path)
    {
        if (!writer.Root.TryGetStatus(path.Span, out FileStatus status))
        {
            return;
        }

        if (!status.IsDirectory)
        {
            writer.Root.Unlink(path.Span);
            return;
        }

        using (DirectoryHandle parent = writer.Root.OpenDirectory(path.Parent.Span))
        {
            TreeWalk.DeleteContent(parent, path.Name.Span);
        }

        writer.Root.RemoveDirectory(path.Span); // by the tree itself, so that it forgets the directory
    }
}
