namespace StorageEngines.Specification;

/// <summary>A tree whose names take one another's place, as written down: <c>a > b</c> renames, <c>+d</c> makes a directory, <c>-x</c> removes.</summary>
internal static class NameMoves
{
    /// <summary>Makes the tree: equal and unequal files, a file of two names if there can be one, an empty and two full directories.</summary>
    /// <returns>Whether there is a file of two names.</returns>
    internal static async Task<bool> PrepareAsync(ITreeVolumeWriter tree, CancellationToken cancellationToken)
    {
        foreach (string name in new[] { "empty", "full", "full/deep", "second" })
        {
            await tree.MakeDirectoryAsync(P(name), cancellationToken);
        }

        foreach (string name in new[] { "one", "same", "linked" })
        {
            await tree.WriteAsync(P(name), 0, Content(1), cancellationToken);
            await tree.SetModifiedAtAsync(P(name), new UnixTime(1_700_000_000, 5), cancellationToken);
        }

        byte next = 2;
        foreach (string name in new[] { "other", "full/a", "full/b", "full/deep/c", "second/a", "second/z" })
        {
            await tree.WriteAsync(P(name), 0, Content(next++), cancellationToken);
        }

        return await tree.LinkAsync(P("linked"), P("linked too"), cancellationToken);
    }

    /// <summary>Does what is written down, one move after the other.</summary>
    internal static async Task PlayAsync(ITreeVolumeWriter tree, string moves, CancellationToken cancellationToken)
    {
        foreach (string move in moves.Split(", "))
        {
            string[] names = move.Split(" > ");
            await (move[0] switch
            {
                '+' => tree.MakeDirectoryAsync(P(move[1..]), cancellationToken),
                '-' when move[^1] == '/' => tree.RemoveDirectoryAsync(P(move[1..^1]), cancellationToken),
                '-' => tree.UnlinkAsync(P(move[1..]), cancellationToken),
                _ => tree.RenameAsync(P(names[0]), P(names[1]), cancellationToken),
            });
        }
    }

    private static byte[] Content(byte fill)
    {
        var content = new byte[70_000];
        content.AsSpan().Fill(fill);
        return content;
    }

    private static BytePath P(string path) => BytePath.FromString(path);
}
