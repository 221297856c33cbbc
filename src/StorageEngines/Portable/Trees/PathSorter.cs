using System.Buffers.Binary;
using System.Runtime.InteropServices;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>
/// Sorts any number of paths byte by byte in bounded memory: what is more than a few MiB goes to a temporary file, in sorted runs that are merged when they
/// are read. A path that comes several times comes out once, with the flags of all. Not thread-safe.
/// </summary>
/// <param name="descending">Children before parents instead of parents before children.</param>
/// <param name="limitBytes">How much is kept in memory.</param>
internal sealed class PathSorter(bool descending, int limitBytes = PathSorter.DefaultLimitBytes) : IDisposable
{
    internal const int DefaultLimitBytes = 4 << 20;
    private const int RecordHeader = sizeof(int) + 1;

    private readonly List<int> _offsets = [];
    private readonly List<(long Offset, long Length)> _runs = [];
    private byte[] _buffer = new byte[4096];
    private int _used;
    private long _written;
    private FileStream? _file;

    /// <summary>Bytes that were put into a temporary file.</summary>
    internal long SpooledBytes => _written;

    /// <summary>Takes a path. Not after <see cref="Sorted"/>.</summary>
    /// <exception cref="StorageEngineException">There is no room for the temporary file.</exception>
    internal void Add(BytePath path, byte flags = 0)
    {
        int size = RecordHeader + path.Length;
        if (_used + size > limitBytes && _used > 0)
        {
            Compact();
            if (_used > limitBytes / 2)
            {
                Spool();
            }
        }

        Append(path.Span, flags);
    }

    /// <summary>All paths in order; can be asked for several times.</summary>
    internal IEnumerable<(BytePath Path, byte Flags)> Sorted()
    {
        Compact();
        if (_runs.Count == 0)
        {
            return Kept().Select(Detach);
        }

        List<IEnumerable<(BytePath Path, byte Flags)>> sources = [Kept()];
        sources.AddRange(_runs.Select(run => new PathRun(_file!.SafeFileHandle, run.Offset, run.Length).Read()));
        return Merge(sources);
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>Kept paths are parts of one large array, which would stay alive with them.</summary>
    private static (BytePath Path, byte Flags) Detach((BytePath Path, byte Flags) item) => (new BytePath(item.Path.Span.ToArray()), item.Flags);

    private int Compare(BytePath left, BytePath right) => descending ? right.CompareTo(left) : left.CompareTo(right);

    private IEnumerable<(BytePath Path, byte Flags)> Merge(List<IEnumerable<(BytePath Path, byte Flags)>> sources)
    {
        var next = new PriorityQueue<IEnumerator<(BytePath Path, byte Flags)>, BytePath>(Comparer<BytePath>.Create(Compare));
        foreach (IEnumerator<(BytePath Path, byte Flags)> source in sources.Select(source => source.GetEnumerator()))
        {
            if (source.MoveNext())
            {
                next.Enqueue(source, source.Current.Path);
            }
        }

        while (next.TryDequeue(out IEnumerator<(BytePath Path, byte Flags)>? source, out BytePath path))
        {
            byte flags = source.Current.Flags;
            path = new BytePath(path.Span.ToArray());
            Advance(next, source);
            while (next.TryPeek(out source, out BytePath same) && same == path)
            {
                next.Dequeue();
                flags |= source.Current.Flags;
                Advance(next, source);
            }

            yield return (path, flags);
        }
    }

    private static void Advance(PriorityQueue<IEnumerator<(BytePath Path, byte Flags)>, BytePath> next, IEnumerator<(BytePath Path, byte Flags)> source)
    {
        if (source.MoveNext())
        {
            next.Enqueue(source, source.Current.Path);
        }
    }

    private IEnumerable<(BytePath Path, byte Flags)> Kept()
    {
        foreach (int offset in _offsets)
        {
            yield return (PathAt(offset), _buffer[offset + sizeof(int)]);
        }
    }

    private BytePath PathAt(int offset)
        => new(_buffer.AsMemory(offset + RecordHeader, BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(offset))));

    private void Append(ReadOnlySpan<byte> path, byte flags)
    {
        int size = RecordHeader + path.Length;
        if (_used + size > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_used + size, Math.Min(_buffer.Length * 2, limitBytes)));
        }

        _offsets.Add(_used);
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_used), path.Length);
        _buffer[_used + sizeof(int)] = flags;
        path.CopyTo(_buffer.AsSpan(_used + RecordHeader));
        _used += size;
    }

    /// <summary>Sorts what is in memory and puts equal paths together.</summary>
    private void Compact()
    {
        _offsets.Sort((left, right) => Compare(PathAt(left), PathAt(right)));
        int[] sorted = [.. _offsets];
        byte[] from = _buffer;
        (_buffer, _used) = (new byte[from.Length], 0);
        _offsets.Clear();
        int last = -1;
        foreach (int offset in sorted)
        {
            ReadOnlySpan<byte> path = from.AsSpan(offset + RecordHeader, BinaryPrimitives.ReadInt32LittleEndian(from.AsSpan(offset)));
            byte flags = from[offset + sizeof(int)];
            if (last >= 0 && PathAt(last).Span.SequenceEqual(path))
            {
                _buffer[last + sizeof(int)] |= flags;
                continue;
            }

            last = _used;
            Append(path, flags);
        }
    }

    private void Spool()
    {
        try
        {
            _file ??= SpooledInput.TemporaryFile();
            FileWriting.WriteAt(_file.SafeFileHandle, _buffer.AsSpan(0, _used), _written);
        }
        catch (PosixException e)
        {
            throw PortableErrors.From(e, "sort names in", Path.GetTempPath(), "make room there, or name another directory in TMPDIR");
        }

        _runs.Add((_written, _used));
        _written += _used;
        _used = 0;
        CollectionsMarshal.SetCount(_offsets, 0);
    }
}
