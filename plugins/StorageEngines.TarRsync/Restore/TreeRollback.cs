using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Restore;

/// <summary>
/// Makes a live tree equal to a snapshot and touches only what differs, in three passes over both in manifest order: what should not be there goes; what is
/// missing or different is made; directories get their attributes and times last. What stands at the place of the store, and what is mounted inside, stays.
/// A pass can be repeated: after a crash the roll back is simply run again.
/// </summary>
internal sealed class TreeRollback(BeneathRoot root, EntryWriter writer, WalkOptions options, ProgressMeter progress)
{
    /// <summary>First pass: removes names that the snapshot does not have, or has as another type.</summary>
    /// <param name="target">The snapshot's entries, from the start.</param>
    internal void RemoveExtra(ManifestReader target)
    {
        using TreeWalker live = Walk();
        var doomed = new Stack<byte[]>();
        bool valid = target.MoveNext();
        while (live.MoveNext())
        {
            RemoveLeft(doomed, live.Path);
            while (valid && TreeOrder.Compare(target.Current.Path.Span, live.Path) < 0)
            {
                valid = target.MoveNext();
            }

            bool keep = valid && target.Current.Path.Span.SequenceEqual(live.Path) && IsSameKind(target.Current, live.Status);
            if (keep || live.Path.IsEmpty)
            {
                continue;
            }

            if (live.Status.IsDirectory)
            {
                doomed.Push(live.Path.ToArray());
            }
            else
            {
                root.Unlink(live.Path);
            }
        }

        RemoveLeft(doomed, default);
    }

    /// <summary>Second pass: makes what is missing and repairs what differs.</summary>
    /// <param name="target">The snapshot's entries, from the start.</param>
    internal void MakeAndRepair(ManifestReader target)
    {
        using TreeWalker live = Walk();
        bool valid = live.MoveNext();
        while (target.MoveNext())
        {
            ref readonly ManifestEntry entry = ref target.Current;
            while (valid && TreeOrder.Compare(live.Path, entry.Path.Span) < 0)
            {
                valid = live.MoveNext();
            }

            if (valid && live.Path.SequenceEqual(entry.Path.Span))
            {
                Repair(in entry, live.Status, live.IsBoundary);
            }
            else
            {
                writer.Create(in entry, CancellationToken.None);
            }

            progress.Advance(0, 1);
        }
    }

    /// <summary>
    /// Last pass: the directories' owners, modes, attributes and times; each after what lies below it, because its mode may shut out its owner.
    /// </summary>
    /// <param name="target">The snapshot's entries, from the start.</param>
    /// <param name="writer">Sets them.</param>
    internal static void FinishDirectories(ManifestReader target, EntryWriter writer)
    {
        var open = new Stack<ManifestEntry>();
        while (target.MoveNext())
        {
            ref readonly ManifestEntry entry = ref target.Current;
            while (open.TryPeek(out ManifestEntry above) && !IsBelow(entry.Path.Span, above.Path.Span))
            {
                writer.SetMetadata(open.Pop());
            }

            if (entry.Type == TreeEntryType.Directory)
            {
                ManifestEntry kept = entry;
                kept.Path = entry.Path.ToArray();
                open.Push(kept);
            }
        }

        while (open.TryPop(out ManifestEntry directory))
        {
            writer.SetMetadata(directory);
        }
    }

    private static bool IsBelow(ReadOnlySpan<byte> path, ReadOnlySpan<byte> directory)
        => directory.IsEmpty || (path.Length > directory.Length && path.StartsWith(directory) && path[directory.Length] == (byte)'/');

    private TreeWalker Walk() => new(root.OpenDirectory(default), options);

    private void Repair(in ManifestEntry entry, in FileStatus live, bool isBoundary)
    {
        if (entry.Type == TreeEntryType.Directory || isBoundary)
        {
            return;
        }

        bool unchanged = MetadataReader.IsUnchanged(in entry, in live);
        if (unchanged && writer.IsLinked(in entry))
        {
            writer.Keep(in entry);
        }
        else if (entry.Type == TreeEntryType.File)
        {
            writer.Update(in entry, in live);
        }
        else
        {
            root.Unlink(entry.Path.Span);
            writer.Create(in entry, CancellationToken.None);
        }
    }

    private void RemoveLeft(Stack<byte[]> doomed, ReadOnlySpan<byte> next)
    {
        while (doomed.TryPeek(out byte[]? directory)
            && !IsBelow(next, directory))
        {
            doomed.Pop();
            try
            {
                root.RemoveDirectory(directory);
            }
            catch (PosixException e) when (e.Errno is Errno.ENOTEMPTY or Errno.EEXIST && options.Excluded is not null)
            {
                // The store lies in it, and it stays where it is.
            }
        }
    }

    private static bool IsSameKind(in ManifestEntry entry, in FileStatus live)
        => (int)entry.Type == (int)live.Type >> 12;
}
