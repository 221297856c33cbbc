using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Walk;

/// <summary>
/// The directories that are still to be read, in the order in which the walk will come to them. Threads take the first one nobody reads and put its
/// subdirectories in its place, so that what is read ahead is what is needed next; they stop when enough entries wait.
/// </summary>
internal sealed class WalkSchedule : IDisposable
{
    private readonly LinkedList<WalkDirectory> _ahead = [];
    private readonly HashSet<WalkDirectory> _alive = [];
    private readonly object _lock = new(); // Monitor: the threads wait on it
    private readonly WalkOptions _options;
    private readonly FileStatus _root;
    private readonly List<Thread> _threads = [];
    private long _waitingEntries;
    private int _waitingDirectories;
    private int _idle;
    private WalkDirectory? _wanted;
    private bool _stopped;

    /// <summary>Starts looking ahead from the root.</summary>
    internal WalkSchedule(WalkDirectory root, in FileStatus rootStatus, WalkOptions options)
    {
        _options = options;
        _root = rootStatus;
        root.Place = _ahead.AddFirst(root);
        _alive.Add(root);
        for (int i = 0; i < options.Threads; i++)
        {
            Thread thread = new(Work) { IsBackground = true, Name = "tree walk" };
            _threads.Add(thread);
            thread.Start();
        }
    }

    /// <summary>Gives the directory with its entries: from what was read ahead, or by reading it now.</summary>
    /// <exception cref="StorageEngineException">It may not be read.</exception>
    internal void Enter(WalkDirectory directory)
    {
        bool mine;
        lock (_lock)
        {
            mine = directory.State == WalkDirectory.LoadState.Waiting;
            if (mine)
            {
                directory.State = WalkDirectory.LoadState.Loading;
            }

            while (!mine && directory.State == WalkDirectory.LoadState.Loading)
            {
                _wanted = directory;
                Monitor.Wait(_lock);
            }

            _wanted = null;
        }

        if (mine)
        {
            Load(directory);
        }

        lock (_lock)
        {
            _waitingEntries -= directory.Count;
            _waitingDirectories--;

            // Not at each directory: waking a thread costs more than listing one.
            if (_idle > 0 && _waitingEntries <= _options.EntriesAhead / 2 && _waitingDirectories <= _options.DirectoriesAhead / 2)
            {
                Monitor.PulseAll(_lock);
            }
        }

        if (directory.Failure is { } failure)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Lets go of a directory that the walk has left.</summary>
    internal void Leave(WalkDirectory directory)
    {
        lock (_lock)
        {
            _alive.Remove(directory);
        }

        directory.RemoveUser();
    }

    /// <summary>Ends the threads and closes everything that is still open.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _stopped = true;
            Monitor.PulseAll(_lock);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        foreach (WalkDirectory directory in _alive)
        {
            directory.RemoveUser();
        }

        _alive.Clear();
    }

    private void Work()
    {
        while (TakeFirst() is { } directory)
        {
            Load(directory);
        }
    }

    private WalkDirectory? TakeFirst()
    {
        lock (_lock)
        {
            while (!_stopped)
            {
                bool room = _waitingEntries < _options.EntriesAhead && _waitingDirectories < _options.DirectoriesAhead;
                LinkedListNode<WalkDirectory>? node = room ? _ahead.First : null;
                while (node is not null && node.Value.State != WalkDirectory.LoadState.Waiting)
                {
                    node = node.Next;
                }

                if (node is not null)
                {
                    node.Value.State = WalkDirectory.LoadState.Loading;
                    return node.Value;
                }

                _idle++;
                Monitor.Wait(_lock);
                _idle--;
            }

            return null;
        }
    }

    private void Load(WalkDirectory directory)
    {
        try
        {
            directory.Load(_options, _root);
        }
        catch (Exception e) // Handed to the thread that walks, which throws it.
        {
            directory.Failure = e;
        }

        lock (_lock)
        {
            LinkedListNode<WalkDirectory> place = directory.Place!;
            foreach (WalkDirectory below in directory.Subdirectories)
            {
                below.Place = _ahead.AddBefore(place, below);
                _alive.Add(below);
            }

            _ahead.Remove(place);
            directory.Place = null;
            directory.State = WalkDirectory.LoadState.Loaded;
            _waitingEntries += directory.Count;
            _waitingDirectories++;
            if (_wanted == directory || (_idle > 0 && directory.Subdirectories.Count > 0))
            {
                Monitor.PulseAll(_lock);
            }
        }
    }
}
