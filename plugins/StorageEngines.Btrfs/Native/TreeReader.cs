using System.Runtime.InteropServices;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Native;

/// <summary>
/// Reads items of one of the file system's trees in the order of their keys, one search after the other; no item costs an allocation. Of a long search that reads ahead
/// the kernel fills the next buffers while this one is looked at. Needs CAP_SYS_ADMIN. Not thread-safe.
/// Implements: ioctl BTRFS_IOC_TREE_SEARCH_V2, ioctl_btrfs(2).
/// </summary>
/// <param name="subvolume">Anything open in the subvolume, or on the file system if another tree is read; stays the caller's.</param>
/// <param name="bufferBytes">How much is read at a time.</param>
/// <param name="tree">The tree; 0 is the one that <paramref name="subvolume"/> is in.</param>
/// <param name="readsAhead">Whether long searches read ahead, in a thread of their own.</param>
internal sealed class TreeReader(SafeHandle subvolume, int bufferBytes = TreeReader.ForLookups, ulong tree = 0, bool readsAhead = false) : IDisposable
{
    /// <summary>A buffer for a few items.</summary>
    internal const int ForLookups = 96 << 10;

    /// <summary>A buffer for many.</summary>
    internal const int ForScans = (256 << 10) - BtrfsRequests.TreeSearchHeadSize;

    // A thread costs more than it gains where little is to be read.
    private const int AheadAfter = 2;

    private TreeBuffer _buffer = new(bufferBytes);
    private TreeReadAhead? _ahead;
    private TreeKey? _start;
    private TreeRange _range;
    private int _fills;

    /// <summary>Items read so far, by all searches.</summary>
    internal long Items { get; private set; }

    /// <summary>Begins a search. Nothing is read yet.</summary>
    /// <param name="from">The first key.</param>
    /// <param name="to">The last key.</param>
    /// <param name="leastTransaction">Leaves that are older are left out; items of newer leaves may be older themselves.</param>
    /// <param name="most">The most items, if few are wanted.</param>
    internal void Seek(TreeKey from, TreeKey to, ulong leastTransaction = 0, uint most = uint.MaxValue)
    {
        EndAhead();
        _buffer.Clear();
        (_start, _range) = (from, new TreeRange(tree, to, leastTransaction, most));
        _fills = 0;
    }

    /// <summary>Goes to the next item.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="PosixException">EPERM: CAP_SYS_ADMIN is missing.</exception>
    internal bool MoveNext(out TreeItem item)
    {
        while (!_buffer.MoveNext(out item))
        {
            if (!Fill())
            {
                return false;
            }
        }

        Items++;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        EndAhead();
        _buffer.Dispose();
    }

    private bool Fill()
    {
        if (_ahead is not null)
        {
            return _ahead.TryTake(ref _buffer);
        }

        if (_start is not { } start)
        {
            return false;
        }

        _buffer.Fill(subvolume, in _range, start);
        _start = _buffer.Next;
        if (readsAhead && ++_fills == AheadAfter && _start is { } next)
        {
            _ahead = new TreeReadAhead(subvolume, _range, next, bufferBytes);
        }

        return true;
    }

    private void EndAhead()
    {
        _ahead?.Dispose();
        _ahead = null;
    }
}
