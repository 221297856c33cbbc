using System.Globalization;

namespace StorageEngines.EngineBenchmarks.Workloads;

/// <summary>
/// W2: a tree of 200,000 small files, 4 KiB on average and incompressible, 86 to a directory. The change modifies 1 %, deletes 0.5 %, adds 0.5 % and renames 0.2 %.
/// </summary>
internal sealed class TreeWorkload
{
    private const int FilesPerDirectory = 86;
    private const int DirectoriesPerDirectory = 48;
    private const int LongestFile = 8192;
    private const ulong Seed = 20261121;

    private readonly string _root;
    private readonly int _files;
    private readonly IReadOnlyList<int> _modified;
    private readonly IReadOnlyList<int> _deleted;
    private readonly IReadOnlyList<int> _renamed;
    private readonly IReadOnlyList<int> _besideAdded;

    public TreeWorkload(string root, int scale)
    {
        (_root, _files) = (root, 200_000 / scale);
        var random = new Random((int)Seed);
        IReadOnlyList<int> drawn = SeededBytes.Draw(random, (_files / 100) + (_files / 200) + (_files / 500), _files);
        _modified = [.. drawn.Take(_files / 100)];
        _deleted = [.. drawn.Skip(_files / 100).Take(_files / 200)];
        _renamed = [.. drawn.Skip((_files / 100) + (_files / 200))];
        _besideAdded = SeededBytes.Draw(random, _files / 200, _files);
        Bytes = Enumerable.Range(0, _files).Sum(i => (long)LengthOf(i, 0));
    }

    public string Root => _root;

    public long Bytes { get; }

    /// <summary>Files that have another content or name after the change: modified, added, and the new names of the renamed ones. Relative to the root.</summary>
    public IReadOnlySet<string> Changed => _modified.Select(NameOf).Concat(_besideAdded.Select(AddedName)).Concat(_renamed.Select(RenamedName)).ToHashSet();

    /// <summary>Names that are gone after the change: deleted, and the old names of the renamed ones.</summary>
    public IReadOnlySet<string> Gone => _deleted.Concat(_renamed).Select(NameOf).ToHashSet();

    public string Description => string.Create(CultureInfo.InvariantCulture,
        $"{_files:N0} files, {Bytes:N0} incompressible bytes, {(_files + FilesPerDirectory - 1) / FilesPerDirectory:N0} directories of files; {_modified.Count} modified, {_deleted.Count} deleted, {_besideAdded.Count} added, {_renamed.Count} renamed.");

    public void Create()
    {
        for (int i = 0; i < _files; i++)
        {
            if (i % FilesPerDirectory == 0)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(PathOf(NameOf(i)))!);
            }

            Write(i, 0, NameOf(i));
        }
    }

    /// <summary>Makes the change.</summary>
    public void Change()
    {
        foreach (int i in _modified)
        {
            Write(i, 1, NameOf(i));
        }

        foreach (int i in _deleted)
        {
            File.Delete(PathOf(NameOf(i)));
        }

        foreach (int i in _besideAdded)
        {
            Write(i, 2, AddedName(i));
        }

        foreach (int i in _renamed)
        {
            File.Move(PathOf(NameOf(i)), PathOf(RenamedName(i)));
        }
    }

    /// <summary>Files that <see cref="WriteInPlace"/> writes to: 1 %, of those that <see cref="Change"/> leaves where they are.</summary>
    public IReadOnlySet<string> Written
    {
        get
        {
            HashSet<int> elsewhere = [.. _deleted, .. _renamed];
            return SeededBytes.Draw(new Random(1), _files * 2 / 100, _files).Where(i => !elsewhere.Contains(i)).Take(_files / 100).Select(NameOf).ToHashSet();
        }
    }

    /// <summary>After the change: writes other bytes over those of some files, and changes nothing else.</summary>
    public void WriteInPlace()
    {
        foreach (string name in Written)
        {
            using FileStream file = new(PathOf(name), FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            byte[] content = new byte[file.Length];
            SeededBytes.Fill(content, (ulong)file.Length);
            file.Write(content);
        }
    }

    /// <summary>Takes the change back, also one that was made in part.</summary>
    public void Revert()
    {
        foreach (int i in _modified.Concat(_deleted))
        {
            Write(i, 0, NameOf(i));
        }

        foreach (int i in _besideAdded)
        {
            File.Delete(PathOf(AddedName(i)));
        }

        foreach (int i in _renamed.Where(i => File.Exists(PathOf(RenamedName(i)))))
        {
            File.Move(PathOf(RenamedName(i)), PathOf(NameOf(i)), overwrite: true);
        }
    }

    public void WriteTruth(string path)
        => File.WriteAllLines(path, [
            .. _modified.Select(i => $"modified {NameOf(i)}"), .. _deleted.Select(i => $"deleted {NameOf(i)}"),
            .. _besideAdded.Select(i => $"added {AddedName(i)}"), .. _renamed.Select(i => $"renamed {NameOf(i)} {RenamedName(i)}"),
        ]);

    private static string NameOf(int i) => string.Create(CultureInfo.InvariantCulture,
        $"d{i / (FilesPerDirectory * DirectoriesPerDirectory):D4}/s{i / FilesPerDirectory % DirectoriesPerDirectory:D2}/file-{i:D7}");

    private static string AddedName(int i) => $"{Path.GetDirectoryName(NameOf(i))}/new-{i}";

    private static string RenamedName(int i) => $"{NameOf(i)}.renamed";

    private static int LengthOf(int i, int version) => 1 + (int)(SeededBytes.Seed(Seed, (ulong)i, (ulong)version) % (LongestFile - 1));

    private string PathOf(string name) => Path.Combine(_root, name);

    private void Write(int i, int version, string name)
    {
        Span<byte> content = stackalloc byte[LengthOf(i, version)];
        SeededBytes.Fill(content, SeededBytes.Seed((ulong)version, (ulong)i, Seed));
        File.WriteAllBytes(PathOf(name), content);
    }
}
