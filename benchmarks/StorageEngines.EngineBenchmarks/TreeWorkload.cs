namespace StorageEngines.EngineBenchmarks;

/// <summary>
/// A seeded tree of small files, 4 KiB on average, 86 to a directory. A change touches 1 % of the files, deletes 0.5 %, adds 0.5 % and renames 0.2 %.
/// </summary>
internal sealed class TreeWorkload(string root, int files)
{
    private const int FilesPerDirectory = 86;

    public string Root => root;

    public long Bytes { get; private set; }

    public void Create()
    {
        var random = new Random(20261121);
        var content = new byte[16 * 1024];
        for (int i = 0; i < files; i++)
        {
            string path = PathOf(i);
            if (i % FilesPerDirectory == 0)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            }

            int length = random.Next(1, 8192);
            random.NextBytes(content.AsSpan(0, length));
            File.WriteAllBytes(path, content.AsSpan(0, length));
            Bytes += length;
        }
    }

    /// <summary>Makes the changes of one round; each round touches other files.</summary>
    public void Change(int round)
    {
        var random = new Random(round);
        var content = new byte[4096];
        foreach (int i in Pick(random, files / 100))
        {
            random.NextBytes(content);
            File.WriteAllBytes(PathOf(i), content);
        }

        foreach (int i in Pick(random, files / 200))
        {
            File.Delete(PathOf(i));
        }

        for (int i = 0; i < files / 200; i++)
        {
            random.NextBytes(content);
            File.WriteAllBytes(Path.Combine(Path.GetDirectoryName(PathOf(random.Next(files)))!, $"new-{round}-{i}"), content);
        }

        foreach (int i in Pick(random, files / 500))
        {
            File.Move(PathOf(i), PathOf(i) + $".renamed-{round}", overwrite: true);
        }
    }

    private IEnumerable<int> Pick(Random random, int count)
        => Enumerable.Range(0, count).Select(_ => random.Next(files)).Distinct().Where(i => File.Exists(PathOf(i))).ToList();

    private string PathOf(int i) => Path.Combine(root, $"d{i / (FilesPerDirectory * 48):D4}", $"s{i / FilesPerDirectory % 48:D2}", $"file-{i:D7}");
}
