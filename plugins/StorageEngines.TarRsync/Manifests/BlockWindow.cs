using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>The fixed blocks of one list frame as runs of data and of holes, so that a hole takes the same whatever its length. Used again for the next frame.</summary>
internal sealed class BlockWindow
{
    private int[] _ends = new int[4]; // most files are small
    private int[] _firstIds = new int[4];
    private BlockId[] _ids = new BlockId[4];
    private int _runs;

    /// <summary>Blocks in it, those of holes included.</summary>
    internal int Count { get; private set; }

    /// <summary>Runs in it.</summary>
    internal int Runs => _runs;

    /// <summary>The ids of the blocks that are no holes, in order.</summary>
    internal ReadOnlySpan<BlockId> Ids => _ids.AsSpan(0, IdCount);

    /// <summary>Blocks that are no holes.</summary>
    internal int IdCount { get; private set; }

    /// <summary>Empties it.</summary>
    internal void Clear() => Count = IdCount = _runs = 0;

    /// <summary>Appends blocks that are holes.</summary>
    internal void AddHole(int blocks)
    {
        if (_runs == 0 || _firstIds[_runs - 1] >= 0)
            Begin(-1);
        _ends[_runs - 1] = Count += blocks;
    }

    /// <summary>Appends a block that is no hole.</summary>
    internal void Add(BlockId id)
    {
        if (_runs == 0 || _firstIds[_runs - 1] < 0)
            Begin(IdCount);
        _ends[_runs - 1] = ++Count;
        if (IdCount == _ids.Length)
            Array.Resize(ref _ids, _ids.Length * 4);
        _ids[IdCount++] = id;
    }

    /// <summary>The block behind the last one of a run.</summary>
    internal int End(int run) => _ends[run];

    /// <summary>The run that holds a block.</summary>
    internal int Find(int block)
    {
        int at = Array.BinarySearch(_ends, 0, _runs, block);
        return at < 0 ? ~at : at + 1;
    }

    /// <summary>Which of <see cref="Ids"/> the first block of a run has; negative for a hole.</summary>
    internal int FirstId(int run) => _firstIds[run];

    /// <summary>The first block of a run.</summary>
    internal int Start(int run) => run == 0 ? 0 : _ends[run - 1];

    private void Begin(int firstId)
    {
        if (_runs == _ends.Length)
        {
            Array.Resize(ref _ends, _runs * 4);
            Array.Resize(ref _firstIds, _runs * 4);
        }
        _firstIds[_runs++] = firstId;
    }
}
