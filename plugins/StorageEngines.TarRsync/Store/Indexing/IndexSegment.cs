using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store.Indexing;

/// <summary>
/// An open index segment: sorted entries on pages of 4 KiB, each with its checksum. In memory are the table of packs and the pages of the filter that were
/// looked at. Safe for several threads, each with a cursor of its own.
/// </summary>
internal sealed class IndexSegment : IDisposable
{
    private const int MaxGuesses = 6;
    private const int MostKeptPages = 1 << 16;

    private readonly SafeFileHandle _file;
    private readonly IndexMemory _memory;
    private readonly byte[]?[] _filter;
    private readonly byte[]?[] _kept;
    private readonly ulong _salt;
    private readonly long _firstFilterPage;
    private readonly long _firstEntryPage;

    private IndexSegment(string name, SafeFileHandle file, IndexMemory memory, ReadOnlySpan<byte> head, PackId[] packs)
    {
        (Name, _file, _memory, Packs) = (name, file, memory, packs);
        _salt = BinaryPrimitives.ReadUInt64LittleEndian(head[16..]);
        Count = BinaryPrimitives.ReadInt64LittleEndian(head[32..]);
        PageCount = BinaryPrimitives.ReadInt64LittleEndian(head[48..]);
        _filter = new byte[]?[BinaryPrimitives.ReadInt32LittleEndian(head[44..])];
        _kept = PageCount <= MostKeptPages ? new byte[]?[PageCount] : [];
        _firstFilterPage = 1 + IndexSegmentWriter.TablePages(packs.Length);
        _firstEntryPage = _firstFilterPage + _filter.Length;
    }

    /// <summary>The path, also for messages.</summary>
    internal string Name { get; }

    /// <summary>The packs that it covers.</summary>
    internal PackId[] Packs { get; }

    /// <summary>Entries.</summary>
    internal long Count { get; }

    /// <summary>Pages of entries.</summary>
    internal long PageCount { get; }

    /// <summary>Places for entries: an entry's place is its page's number times <see cref="IndexFormat.EntriesPerPage"/> and its place on the page.</summary>
    internal long Places => PageCount * IndexFormat.EntriesPerPage;

    /// <summary>Opens a segment; takes the handle over. Null if it is not a whole segment of a version that is known.</summary>
    internal static IndexSegment? TryOpen(string name, SafeFileHandle file, IndexMemory memory)
    {
        IndexSegment? opened = null;
        try
        {
            opened = Read(name, file, memory);
            return opened;
        }
        catch (PosixException)
        {
            return null; // It is a cache: what cannot be read is made again.
        }
        finally
        {
            if (opened is null)
                file.Dispose();
        }
    }

    /// <summary>False if no entry has this key; true if one may have it.</summary>
    /// <exception cref="CorruptDataException">The page is damaged.</exception>
    internal bool MayHold(ulong key)
    {
        (int block, ulong bits) = IndexFormat.FilterPlace(key, _filter.Length * IndexFormat.FilterBlocksPerPage);
        (int number, int within) = Math.DivRem(block, IndexFormat.FilterBlocksPerPage);
        byte[]? page = Volatile.Read(ref _filter[number]);
        if (page is null)
        {
            page = new byte[IndexFormat.PageSize];
            ReadPage(page, _firstFilterPage + number);
            Keep(_filter, number, page, _memory.TryTake(IndexFormat.PageSize), isFilter: true);
        }
        return IndexFormat.HasBits(page.AsSpan((within + 1) * IndexFormat.FilterBlock, IndexFormat.FilterBlock), bits);
    }

    /// <summary>Puts the cursor before the first entry whose key is at least this.</summary>
    /// <exception cref="CorruptDataException">A page is damaged.</exception>
    internal void Seek(ulong key, IndexCursor cursor)
    {
        if (PageCount == 0)
            return;
        (long low, long high) = Spans(cursor, key) ? (cursor.Number, cursor.Number) : (0, PageCount - 1);
        ulong lowKey = 0, highKey = ulong.MaxValue;
        for (int tries = 0; low < high; tries++)
        {
            long guess = Guess(key, low, high, lowKey, highKey, tries);
            Load(cursor, guess);
            ulong first = IndexFormat.KeyAt(cursor.Page, 0), last = IndexFormat.KeyAt(cursor.Page, cursor.Count - 1);
            if (last < key)
                (low, lowKey) = (guess + 1, last);
            else if (first < key)
                low = high = guess;
            else
                (high, highKey) = (guess, first);
        }
        Load(cursor, low);
        (int from, int to) = (0, cursor.Count);
        while (from < to)
        {
            int middle = (from + to) / 2;
            (from, to) = IndexFormat.KeyAt(cursor.Page, middle) < key ? (middle + 1, to) : (from, middle);
        }
        cursor.Slot = from - 1;
    }

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="CorruptDataException">A page is damaged.</exception>
    internal bool MoveNext(IndexCursor cursor)
    {
        if (++cursor.Slot >= cursor.Count)
        {
            if (cursor.Number + 1 >= PageCount)
                return false;
            Load(cursor, cursor.Number + 1);
            cursor.Slot = 0;
        }
        IndexEntry entry = IndexFormat.Read(cursor.Page, cursor.Slot);
        if ((uint)entry.Pack >= (uint)Packs.Length)
            throw Damaged((_firstEntryPage + cursor.Number) * IndexFormat.PageSize);
        cursor.Current = entry;
        return true;
    }

    /// <summary>Checks every page.</summary>
    /// <exception cref="CorruptDataException">One is damaged.</exception>
    internal void Verify()
    {
        var page = new byte[IndexFormat.PageSize];
        for (long number = _firstFilterPage; number < _firstEntryPage + PageCount; number++)
            ReadPage(page, number);
    }

    /// <summary>Closes the file and gives its memory back. Nobody may be using it.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _memory.Give(Forget(_filter), Forget(_kept));
    }

    private static long Forget(byte[]?[] pages)
    {
        long bytes = (long)pages.Count(page => page is not null) * IndexFormat.PageSize;
        Array.Clear(pages);
        return bytes;
    }

    private static bool Spans(IndexCursor cursor, ulong key)
        => cursor.Number >= 0 && IndexFormat.KeyAt(cursor.Page, 0) < key && key <= IndexFormat.KeyAt(cursor.Page, cursor.Count - 1);

    private static long Guess(ulong key, long low, long high, ulong lowKey, ulong highKey, int tries)
    {
        if (tries >= MaxGuesses || key <= lowKey || highKey <= lowKey)
            return low + ((high - low) / 2);
        // Ids are hashes, so that a key's place is about proportional to it.
        double share = (double)(key - lowKey) / (highKey - lowKey);
        return Math.Clamp(low + (long)(share * (high - low + 1)), low, high - 1);
    }

    private void Load(IndexCursor cursor, long number)
    {
        if (cursor.Number == number)
            return;
        cursor.Number = -1;
        cursor.Page = Page(cursor, number);
        cursor.Count = IndexFormat.CountOf(cursor.Page);
        if (cursor.Count == 0)
            throw Damaged((_firstEntryPage + number) * IndexFormat.PageSize);
        cursor.Number = number;
    }

    // The pages that are looked at again and again stay: in a store that is not large these are all.
    private byte[] Page(IndexCursor cursor, long number)
    {
        if (number < _kept.Length && Volatile.Read(ref _kept[number]) is { } kept)
            return kept;
        bool keep = !cursor.IsScan && number < _kept.Length && _memory.TryTakeForEntries(IndexFormat.PageSize);
        byte[] page = keep ? new byte[IndexFormat.PageSize] : cursor.Own;
        ReadPage(page, _firstEntryPage + number);
        Keep(_kept, number, page, keep, isFilter: false);
        return page;
    }

    // Two threads may have read the same page; one of them keeps it.
    private void Keep(byte[]?[] pages, long number, byte[] page, bool taken, bool isFilter)
    {
        if (taken && Interlocked.CompareExchange(ref pages[number], page, null) is not null)
            _memory.Give(isFilter ? IndexFormat.PageSize : 0, isFilter ? 0 : IndexFormat.PageSize);
    }

    private void ReadPage(byte[] page, long number)
    {
        try
        {
            if (FileHandle.ReadAt(_file, page, number * IndexFormat.PageSize) == page.Length && IndexFormat.IsWhole(page, _salt, number))
                return;
        }
        catch (PosixException error)
        {
            throw new CorruptDataException(Name, number * IndexFormat.PageSize, "the page of the index cannot be read", error);
        }
        throw Damaged(number * IndexFormat.PageSize);
    }

    private CorruptDataException Damaged(long offset) => StoreErrors.Corrupt(Name, offset, "the page of the index is damaged");

    private static IndexSegment? Read(string name, SafeFileHandle file, IndexMemory memory)
    {
        Span<byte> head = stackalloc byte[128];
        Span<byte> hash = stackalloc byte[32];
        if (FileHandle.ReadAt(file, head, 0) != head.Length)
            return null;
        SHA256.HashData(head[..96], hash);
        int packs = BinaryPrimitives.ReadInt32LittleEndian(head[40..]);
        int filterPages = BinaryPrimitives.ReadInt32LittleEndian(head[44..]);
        long pages = BinaryPrimitives.ReadInt64LittleEndian(head[48..]);
        long count = BinaryPrimitives.ReadInt64LittleEndian(head[32..]);
        long length = FileHandle.GetLength(file);
        if (!hash.SequenceEqual(head[96..128]) || BinaryPrimitives.ReadUInt64BigEndian(head) != IndexFormat.Magic
            || BinaryPrimitives.ReadUInt16LittleEndian(head[8..]) != IndexFormat.Version
            || packs is < 0 or > IndexFormat.MaxPacks || filterPages < 1 || pages < 0 || count < 0
            || filterPages > length / IndexFormat.PageSize || pages > length / IndexFormat.PageSize || count > pages * IndexFormat.EntriesPerPage
            || length != (1 + IndexSegmentWriter.TablePages(packs) + filterPages + pages) * IndexFormat.PageSize)
            return null;
        var table = new byte[IndexSegmentWriter.TablePages(packs) * IndexFormat.PageSize];
        if (FileHandle.ReadAt(file, table, IndexFormat.PageSize) != table.Length)
            return null;
        SHA256.HashData(table, hash);
        if (!hash.SequenceEqual(head[64..96]))
            return null;
        var ids = new PackId[packs];
        for (int i = 0; i < packs; i++)
            ids[i] = PackId.Read(table.AsSpan(i * PackId.Size));
        return new IndexSegment(name, file, memory, head, ids);
    }
}
