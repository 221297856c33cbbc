namespace StorageEngines.Specification;

/// <summary>What a tree volume holds, as far as its names and contents go: directories, and files that may have several names.</summary>
internal sealed class TreeModel
{
    private TreeModel(SortedSet<BytePath> directories, SortedDictionary<BytePath, FileBox> files)
    {
        Directories = directories;
        Files = files;
    }

    internal TreeModel()
        : this([default], [])
    {
    }

    /// <summary>The directories, the root among them.</summary>
    internal SortedSet<BytePath> Directories { get; private set; }

    /// <summary>The files by name; names of one file share a box.</summary>
    internal SortedDictionary<BytePath, FileBox> Files { get; private set; }

    internal bool Has(BytePath path) => Directories.Contains(path) || Files.ContainsKey(path);

    internal bool IsEmpty(BytePath directory)
        => !Directories.Any(path => path != directory && path.IsAtOrBelow(directory)) && !Files.Keys.Any(path => path.IsAtOrBelow(directory));

    internal TreeModel Copy()
    {
        var copies = new Dictionary<FileBox, FileBox>(ReferenceEqualityComparer.Instance);
        var files = new SortedDictionary<BytePath, FileBox>();
        foreach ((BytePath path, FileBox box) in Files)
        {
            if (!copies.TryGetValue(box, out FileBox? copy))
            {
                copies.Add(box, copy = new FileBox { Content = (byte[])box.Content.Clone() });
            }

            files.Add(path, copy);
        }

        return new TreeModel([.. Directories], files);
    }

    internal void Move(BytePath from, BytePath to)
    {
        BytePath Moved(BytePath path)
            => path == from ? to : path.IsAtOrBelow(from) ? to.Append(new BytePath(path.Bytes[(from.Length + 1)..])) : path;

        if (Files.ContainsKey(from))
        {
            Files.Remove(to);
        }

        Directories = [.. Directories.Select(Moved)];
        Files = new SortedDictionary<BytePath, FileBox>(Files.ToDictionary(pair => Moved(pair.Key), pair => pair.Value));
    }

    /// <summary>A file behind one name or several.</summary>
    internal sealed class FileBox
    {
        internal byte[] Content { get; set; } = [];
    }
}
