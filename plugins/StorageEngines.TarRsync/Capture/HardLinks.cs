using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Capture;

/// <summary>Remembers files with several names until the last name has come, so that each is counted and read once.</summary>
internal sealed class HardLinks
{
    private readonly Dictionary<ulong, Seen> _files = [];

    /// <summary>Looks a name's file up.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="first">What <see cref="Remember"/> was told for its first name, or null.</param>
    /// <returns>True if a name of it has come before.</returns>
    internal bool TryFind(in FileStatus status, out CaptureJob? first)
    {
        first = null;
        if (status.LinkCount < 2 || !_files.TryGetValue(status.Inode, out Seen? seen))
        {
            return false;
        }

        first = seen.First;
        if (--seen.Missing == 0)
        {
            _files.Remove(status.Inode);
        }

        return true;
    }

    /// <summary>Keeps the first name of a file.</summary>
    internal void Remember(in FileStatus status, CaptureJob? first)
    {
        if (status.LinkCount >= 2)
        {
            _files[status.Inode] = new Seen { First = first, Missing = status.LinkCount - 1 };
        }
    }

    private sealed class Seen
    {
        internal CaptureJob? First { get; init; }

        internal uint Missing { get; set; }
    }
}
