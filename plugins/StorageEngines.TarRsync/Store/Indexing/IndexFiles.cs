using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store.Indexing;

/// <summary>
/// The packs and the index segments of a store as files. The holder of the writer's lock puts segments under their names; a reader that has to make some
/// keeps them in unnamed files, which go when they are closed.
/// </summary>
/// <param name="packs">The directory of packs.</param>
/// <param name="segments">The directory of index segments.</param>
/// <param name="writable">The writer's lock is held.</param>
internal sealed class IndexFiles(string packs, string segments, bool writable)
{
    private const string Extension = ".index";
    private const int NamesBuffer = 65536;

    /// <summary>Segments get names and replace others.</summary>
    internal bool IsWritable => writable;

    /// <summary>The directory of packs.</summary>
    internal string Directory => packs;

    /// <summary>A pack's path.</summary>
    internal string PackPath(PackId id) => Path.Combine(packs, id.ToString() + ".pack");

    /// <summary>The packs that are there.</summary>
    internal HashSet<PackId> Packs()
    {
        var found = new HashSet<PackId>();
        try
        {
            using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(packs));
            // 30,000 names without a string for each.
            foreach (DirectoryEntry entry in directory.Entries(new byte[NamesBuffer]))
            {
                if (PackId.FromName(entry.Name) is { IsNone: false } id)
                    found.Add(id);
            }
        }
        catch (PosixException error) when (error.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return found;
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The packs in '{packs}' cannot be listed");
        }
        return found;
    }

    /// <summary>Opens all segments that are whole; the others mean nothing.</summary>
    internal List<IndexSegment> OpenSegments(IndexMemory memory)
    {
        var opened = new List<IndexSegment>();
        foreach (string path in SegmentPaths())
        {
            if (TryOpen(path, memory) is { } segment)
                opened.Add(segment);
            else
                Remove(path);
        }
        return opened;
    }

    /// <summary>The segments' paths.</summary>
    internal IReadOnlyList<string> SegmentPaths()
        => System.IO.Directory.Exists(segments) ? [.. System.IO.Directory.EnumerateFiles(segments, "*" + Extension)] : [];

    /// <summary>Writes a segment and opens it.</summary>
    /// <param name="memory">What the segment may take.</param>
    /// <param name="write">Writes it to an empty file.</param>
    /// <exception cref="StorageEngineException">It cannot be written.</exception>
    internal IndexSegment Create(IndexMemory memory, Action<SafeFileHandle> write)
    {
        string directory = writable ? segments : Path.GetTempPath();
        string name = Guid.NewGuid().ToString("N") + Extension;
        string path = Path.Combine(directory, name);
        try
        {
            if (writable)
                StoreFiles.CreateDirectory(directory);
            using DirectoryHandle parent = DirectoryHandle.Open(Encoding.UTF8.GetBytes(directory));
            using AtomicFile file = AtomicFile.Create(parent, Encoding.UTF8.GetBytes(name));
            write(file.Handle);
            if (writable)
                file.Publish(replace: false);
            string self = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.Handle.DangerousGetHandle()}");
            return IndexSegment.TryOpen(path, FileHandle.OpenRead(Encoding.ASCII.GetBytes(self)), memory)
                ?? throw StoreErrors.Corrupt(path, null, "the index segment that was just written cannot be read back");
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The index of blocks '{path}' cannot be written");
        }
    }

    /// <summary>Removes a segment, if that is this process's to do. What cannot be removed does no harm.</summary>
    internal void Remove(string path)
    {
        if (!writable)
            return;
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return; // Its packs are found all the same.
        }
    }

    /// <summary>Whether every page of a segment is as it was written; one that is gone is.</summary>
    internal static bool IsWhole(string path)
    {
        using IndexSegment? segment = TryOpen(path, new IndexMemory());
        if (segment is null)
            return !File.Exists(path);
        try
        {
            segment.Verify();
            return true;
        }
        catch (CorruptDataException)
        {
            return false;
        }
    }

    private static IndexSegment? TryOpen(string path, IndexMemory memory)
    {
        try
        {
            return IndexSegment.TryOpen(path, FileHandle.OpenRead(Encoding.UTF8.GetBytes(path)), memory);
        }
        catch (PosixException)
        {
            return null; // Merged meanwhile, or not readable; its packs are read instead.
        }
    }
}
