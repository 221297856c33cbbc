using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Native;

/// <summary>Goes on with a search in a thread of its own, some buffers ahead of its reader. One reader at a time; disposing it ends the thread.</summary>
internal sealed class TreeReadAhead : IDisposable
{
    private const int Buffers = 3;

    private readonly SafeHandle _subvolume;
    private readonly TreeRange _range;
    private readonly TreeKey _start;
    private readonly BlockingCollection<TreeBuffer> _free = [];
    private readonly BlockingCollection<TreeBuffer> _filled = [];
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Begins.</summary>
    /// <param name="subvolume">Anything open in the subvolume; stays the caller's.</param>
    /// <param name="range">What is looked for.</param>
    /// <param name="start">Where to begin in it.</param>
    /// <param name="bufferBytes">How much is read at a time.</param>
    internal TreeReadAhead(SafeHandle subvolume, TreeRange range, TreeKey start, int bufferBytes)
    {
        (_subvolume, _range, _start) = (subvolume, range, start);
        for (int i = 0; i < Buffers; i++)
        {
            _free.Add(new TreeBuffer(bufferBytes));
        }

        _thread = new Thread(Run) { IsBackground = true, Name = "btrfs tree" };
        _thread.Start();
    }

    /// <summary>Takes the next buffer for one that is done with.</summary>
    /// <returns>False at the end of the search.</returns>
    /// <exception cref="PosixException">The search failed.</exception>
    internal bool TryTake(ref TreeBuffer buffer)
    {
        if (!_filled.TryTake(out TreeBuffer? next, Timeout.Infinite))
        {
            _failure?.Throw();
            return false;
        }

        _free.Add(buffer);
        buffer = next;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _free.CompleteAdding();
        _thread.Join();
        foreach (TreeBuffer buffer in _free.Concat(_filled))
        {
            buffer.Dispose();
        }

        _free.Dispose();
        _filled.Dispose();
    }

    private void Run()
    {
        try
        {
            // Who disposes completes the collection, so that what is free still is taken, and one search more is made, at most.
            for (TreeKey? start = _start; start is { } next && !_free.IsAddingCompleted && _free.TryTake(out TreeBuffer? buffer, Timeout.Infinite); start = buffer.Next)
            {
                Fill(buffer, next);
            }
        }
        catch (PosixException e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            _filled.CompleteAdding();
        }
    }

    private void Fill(TreeBuffer buffer, TreeKey start)
    {
        bool done = false;
        try
        {
            buffer.Fill(_subvolume, in _range, start);
            _filled.Add(buffer);
            done = true;
        }
        finally
        {
            if (!done)
            {
                buffer.Dispose();
            }
        }
    }
}
