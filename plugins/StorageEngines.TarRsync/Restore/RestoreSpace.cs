using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;

namespace StorageEngines.TarRsync.Restore;

/// <summary>Refuses a clone that cannot fit, before anything is written. Says nothing on file systems that compress or share blocks.</summary>
internal static class RestoreSpace
{
    /// <summary>Throws if there is too little room. The blocks are counted only if the sizes alone look like too much, because holes take none.</summary>
    /// <param name="place">The directory to write to.</param>
    /// <param name="sizeBytes">The sum of the sizes.</param>
    /// <param name="open">Opens the snapshot's manifest.</param>
    /// <param name="location">Where to, for the message.</param>
    /// <exception cref="StorageEngineException">ResourceExhausted/NoSpace.</exception>
    internal static void Require(DirectoryHandle place, long sizeBytes, Func<ManifestReader> open, BytePath location)
    {
        Statfs system = Statfs.Get(place);
        if (sizeBytes <= system.FreeBytesAvailable || system.Name is "btrfs" or "zfs" or "bcachefs" or "f2fs" or "overlay")
        {
            return;
        }

        using ManifestReader manifest = open();
        long data = DataBytes(manifest, place);
        if (data > system.FreeBytesAvailable)
        {
            throw new StorageEngineException(EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction,
                $"Cannot clone to '{location}': it takes {data} bytes and {system.FreeBytesAvailable} are free; free some space or choose another file system. Nothing was written.")
            { Engine = TarRsyncEngineFactory.SchemeName, Operation = "clone to" };
        }
    }

    private static long DataBytes(ManifestReader manifest, DirectoryHandle place)
    {
        long sum = 0;
        HashSet<ulong> seen = [];
        while (manifest.MoveNext())
        {
            ref readonly ManifestEntry entry = ref manifest.Current;
            if (entry.Type != TreeEntryType.File || (entry.LinkCount > 1 && !seen.Add(entry.Inode)))
            {
                continue;
            }

            if (entry.Content.Kind == FileContent.Clone)
            {
                sum += CloneRestore.DataBytes(in entry, place);
                continue;
            }

            BlockCursor cursor = entry.Content.Open(entry.Size);
            while (cursor.MoveNext())
            {
                sum += cursor.Block.IsHole ? 0 : cursor.Block.Length;
                cursor.SkipHole();
            }
        }

        return sum;
    }
}
