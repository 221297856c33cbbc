using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Capture;

/// <summary>
/// The entries of a walk that fall into one frame of the previous manifest, with the bytes of their statuses: if these give the frame's fingerprint,
/// nothing in it has changed, and it is neither unpacked nor encoded again. Else the entries are taken one by one. Bounded.
/// </summary>
internal sealed class FrameBatch(TreeWalker walker)
{
    private const int MostBytes = 1 << 20;

    /// <summary>Each is kept open, because a file in it may have to be read.</summary>
    private const int MostDirectories = 256;

    private ByteBuffer _statuses = new(128 << 10);
    private readonly List<(WalkDirectory Directory, int Index, int PathStart, int PathLength)> _entries = [];
    private readonly List<WalkDirectory> _directories = [];

    /// <summary>Entries in it.</summary>
    internal int Count => _entries.Count;

    /// <summary>No more can be added.</summary>
    internal bool IsFull => _statuses.Length >= MostBytes || _directories.Count >= MostDirectories;

    /// <summary>Regular files in it.</summary>
    internal long Files { get; private set; }

    /// <summary>The sum of their sizes.</summary>
    internal long FileBytes { get; private set; }

    /// <summary>At least one of the files has another name.</summary>
    internal bool HasLinks { get; private set; }

    /// <summary>The fingerprint of its entries.</summary>
    internal Sum128 Fingerprint => EntryStatus.Sum(_statuses.Span);

    /// <summary>The path of its last entry.</summary>
    internal ReadOnlySpan<byte> LastPath => PathOf(_entries.Count - 1);

    /// <summary>An entry.</summary>
    internal WalkEntry this[int index]
    {
        get
        {
            (WalkDirectory directory, int at, _, _) = _entries[index];
            return at < 0
                ? new WalkEntry(default, in walker.RootStatus, directory, isBoundary: false)
                : new WalkEntry(PathOf(index), in directory[at].Status, directory, directory[at].IsBoundary);
        }
    }

    /// <summary>Where an entry's path begins in the bytes of the statuses.</summary>
    internal int PathStart(int index) => _entries[index].PathStart;

    /// <summary>The bytes of the statuses as <see cref="EntryStatus"/> has them.</summary>
    internal ByteBuffer Statuses => _statuses;

    /// <summary>Gives the bytes of the statuses away, and empties the batch.</summary>
    /// <param name="other">A buffer to go on with, empty.</param>
    internal void Release(ByteBuffer other)
    {
        _statuses = other;
        Clear();
    }

    /// <summary>Adds the walk's current entry.</summary>
    internal void Add()
    {
        WalkEntry entry = walker.Current;
        if (_directories.Count == 0 || _directories[^1] != entry.Directory)
        {
            entry.Directory.AddUser();
            _directories.Add(entry.Directory);
        }

        EntryStatus.Append(_statuses, entry.Path, in entry.Status);
        _entries.Add((entry.Directory, walker.Index, _statuses.Length - entry.Path.Length, entry.Path.Length));
        if (entry.Status.IsRegular)
        {
            Files++;
            FileBytes += entry.Status.Size;
            HasLinks |= entry.Status.LinkCount > 1;
        }
    }

    /// <summary>Empties it and lets go of the directories.</summary>
    internal void Clear()
    {
        foreach (WalkDirectory directory in _directories)
        {
            directory.RemoveUser();
        }

        _directories.Clear();
        _entries.Clear();
        _statuses.Clear();
        (Files, FileBytes, HasLinks) = (0, 0, false);
    }

    private ReadOnlySpan<byte> PathOf(int index) => _statuses.Span.Slice(_entries[index].PathStart, _entries[index].PathLength);
}
