using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Capture;

/// <summary>
/// The racy-timestamp rule. A later snapshot trusts an unchanged ctime only if a change after the read would have moved it. File systems stamp in
/// ticks: a file changed, read, and changed again within one tick keeps its ctime, and the second change would go unseen. So a file is read only
/// once the tick of its ctime is over, which takes a few milliseconds at most on a local file system. Where the clock's ticks are coarse (FAT, ext3) or
/// the clock is another machine's (NFS, SMB, FUSE), waiting is no answer: such a file, if it changed shortly before it was read, is recorded without a
/// ctime, so that the next snapshot reads it again.
/// </summary>
internal sealed class ReadSettling
{
    private const int CoarseSeconds = 3;
    private const int ForeignSeconds = 10;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);
    private readonly Func<PosixTime> _now;
    private readonly bool _isLocal;

    /// <summary>Makes the rule for a file system.</summary>
    /// <param name="fileSystem">The usual name of its type, see <see cref="Statfs.Name"/>.</param>
    /// <param name="now">The clock that the file system stamps with.</param>
    internal ReadSettling(string fileSystem, Func<PosixTime> now)
    {
        _now = now;
        _isLocal = fileSystem is "ext4" or "xfs" or "btrfs" or "tmpfs" or "ramfs" or "overlay" or "zfs" or "f2fs" or "bcachefs";
    }

    /// <summary>Says whether a change from now on moves the ctime; waits for that if it takes only moments.</summary>
    /// <param name="changedAt">The ctime before the read.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False if the ctime must not be trusted later.</returns>
    internal bool IsSettled(PosixTime changedAt, CancellationToken cancellationToken)
    {
        if (!_isLocal || changedAt.Nanoseconds == 0)
        {
            // A ctime of whole seconds is the mark of a file system that keeps no more.
            int margin = _isLocal ? CoarseSeconds : ForeignSeconds;
            return changedAt.CompareTo(_now() with { Seconds = _now().Seconds - margin }) < 0;
        }

        long start = Environment.TickCount64;
        while (_now().CompareTo(changedAt) <= 0)
        {
            // A ctime beyond the next ticks comes from a clock that was set back meanwhile.
            if (Environment.TickCount64 - start > LongestWait.TotalMilliseconds)
            {
                return false;
            }

            cancellationToken.WaitHandle.WaitOne(1);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return true;
    }
}
