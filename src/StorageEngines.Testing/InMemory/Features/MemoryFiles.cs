namespace StorageEngines.Testing;

/// <summary>Finds the bytes that a query is about.</summary>
internal static class MemoryFiles
{
    public static SparseContent Require(VolumeContent content, BytePath? path)
    {
        if (content.Block is { } block)
        {
            return path is null ? block : throw new ArgumentException("A block volume has no files; leave the path out.", nameof(path));
        }

        if (path is not { } file)
        {
            throw new ArgumentException("On a tree volume the path of a regular file is needed.", nameof(path));
        }

        TreeNode node = content.Tree!.Find(file)
            ?? throw new StorageEngineException(EngineStatus.NotFound, EngineReason.None, Recovery.FixRequest, $"The snapshot has no file '{file}'; list it to see which there are.")
            { Engine = InMemoryStorageEngine.Scheme };
        return node.Content
            ?? throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"'{file}' is a {node.Type}, not a regular file.")
            { Engine = InMemoryStorageEngine.Scheme };
    }
}
