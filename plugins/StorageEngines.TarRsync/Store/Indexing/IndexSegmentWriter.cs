using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store.Indexing;

/// <summary>Writes an index segment from entries in ascending order of their keys. Holds two buffers. Not thread-safe.</summary>
internal sealed class IndexSegmentWriter
{
    private const int BufferPages = 64;

    private readonly SafeFileHandle _file;
    private readonly Guid _id;
    private readonly ulong _salt;
    private readonly PackId[] _packs;
    private readonly int _filterPages;
    private readonly byte[] _pages = new byte[BufferPages * IndexFormat.PageSize];
    private readonly byte[] _filter = new byte[IndexFormat.PageSize];
    private int _filterPage;
    private int _buffered;
    private int _slot;
    private long _flushedPages;
    private ulong _last;

    /// <summary>Begins a segment.</summary>
    /// <param name="file">An empty file.</param>
    /// <param name="packs">The packs that it covers; entries name them by their place here.</param>
    /// <param name="mostEntries">At least as many as there will be.</param>
    internal IndexSegmentWriter(SafeFileHandle file, PackId[] packs, long mostEntries)
    {
        _file = file;
        _id = Guid.NewGuid();
        _packs = packs;
        Span<byte> id = stackalloc byte[16];
        _id.TryWriteBytes(id, bigEndian: true, out _);
        _salt = BinaryPrimitives.ReadUInt64LittleEndian(id);
        long blocks = Math.Max(1, (mostEntries + IndexFormat.EntriesPerFilterBlock - 1) / IndexFormat.EntriesPerFilterBlock);
        _filterPages = checked((int)((blocks + IndexFormat.FilterBlocksPerPage - 1) / IndexFormat.FilterBlocksPerPage));
    }

    /// <summary>Entries so far.</summary>
    internal long Count { get; private set; }

    private long FirstFilterPage => 1 + TablePages(_packs.Length);

    private long FirstEntryPage => FirstFilterPage + _filterPages;

    /// <summary>Pages of a table of that many packs.</summary>
    internal static long TablePages(int packs) => (((long)packs * 16) + IndexFormat.PageSize - 1) / IndexFormat.PageSize;

    /// <summary>Appends an entry.</summary>
    /// <exception cref="PosixException">It cannot be written.</exception>
    internal void Add(in IndexEntry entry)
    {
        if (entry.Key < _last)
            throw new ArgumentException("The entries of an index segment have to ascend.", nameof(entry));
        _last = entry.Key;
        AddToFilter(entry.Key);
        IndexFormat.Write(_pages.AsSpan(_buffered * IndexFormat.PageSize), _slot++, entry);
        Count++;
        if (_slot == IndexFormat.EntriesPerPage)
            EndPage();
    }

    /// <summary>Completes the segment; only then its head says that it is one.</summary>
    /// <exception cref="PosixException">It cannot be written.</exception>
    internal void Finish()
    {
        if (_slot > 0)
            EndPage();
        Flush();
        while (_filterPage < _filterPages)
            EndFilterPage();
        byte[] table = new byte[TablePages(_packs.Length) * IndexFormat.PageSize];
        for (int i = 0; i < _packs.Length; i++)
            _packs[i].Write(table.AsSpan(i * PackId.Size));
        FileWriting.WriteAt(_file, table, IndexFormat.PageSize);
        byte[] head = new byte[IndexFormat.PageSize];
        BinaryPrimitives.WriteUInt64BigEndian(head, IndexFormat.Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(8), IndexFormat.Version);
        _id.TryWriteBytes(head.AsSpan(16), bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(32), Count);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(40), _packs.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(44), _filterPages);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(48), _flushedPages);
        SHA256.HashData(table, head.AsSpan(64, 32));
        SHA256.HashData(head.AsSpan(0, 96), head.AsSpan(96, 32));
        FileWriting.WriteAt(_file, head, 0);
    }

    private void AddToFilter(ulong key)
    {
        (int block, ulong bits) = IndexFormat.FilterPlace(key, _filterPages * IndexFormat.FilterBlocksPerPage);
        (int page, int within) = Math.DivRem(block, IndexFormat.FilterBlocksPerPage);
        while (_filterPage < page)
            EndFilterPage();
        IndexFormat.SetBits(_filter.AsSpan((within + 1) * IndexFormat.FilterBlock, IndexFormat.FilterBlock), bits);
    }

    private void EndFilterPage()
    {
        long number = FirstFilterPage + _filterPage;
        IndexFormat.Seal(_filter, 0, _salt, number);
        FileWriting.WriteAt(_file, _filter, number * IndexFormat.PageSize);
        Array.Clear(_filter);
        _filterPage++;
    }

    private void EndPage()
    {
        Span<byte> page = _pages.AsSpan(_buffered * IndexFormat.PageSize, IndexFormat.PageSize);
        page[(IndexFormat.PageHead + (_slot * IndexFormat.EntrySize))..].Clear();
        IndexFormat.Seal(page, _slot, _salt, FirstEntryPage + _flushedPages + _buffered);
        _slot = 0;
        if (++_buffered == BufferPages)
            Flush();
    }

    private void Flush()
    {
        FileWriting.WriteAt(_file, _pages.AsSpan(0, _buffered * IndexFormat.PageSize), (FirstEntryPage + _flushedPages) * IndexFormat.PageSize);
        _flushedPages += _buffered;
        _buffered = 0;
    }
}
