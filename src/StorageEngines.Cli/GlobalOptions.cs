using StorageEngines.Cli.Syntax;

namespace StorageEngines.Cli;

/// <summary>The options that every command understands.</summary>
internal sealed class GlobalOptions
{
    internal Option<bool> Json { get; } = new("--json")
    {
        Description = "Print JSON (docs/cli-json.md): one document, or one line per item for changes, allocated, fleet and diff; errors as JSON too",
        Recursive = true,
    };

    internal Option<string?> Store { get; } = new("--store")
    {
        Description = "Directory of the fallback engine's store [env: STORAGE_ENGINES_STORE; default: ~/.local/share/storage-engines/store]",
        HelpName = "DIR",
        Recursive = true,
    };

    internal Option<string?> Reflink { get; } = new("--reflink")
    {
        Description = "Image files, and large files of directories, as clones that share their blocks with the volume: auto (where the store is on the same file system and that can), always or fail, never [default: auto]",
        HelpName = "MODE",
        Recursive = true,
    };

    internal Option<string?> Chunker { get; } = new("--chunker")
    {
        Description = "How the files of a tree are cut: cdc (by their content), fixed (into blocks of 64 KiB), auto (by content, but files that look like images into blocks) [default: auto]",
        HelpName = "MODE",
        Recursive = true,
    };

    internal Option<string?> Walk { get; } = new("--walk")
    {
        Description = "How the statuses of a tree's files are had: statx (name by name), bulkstat (from XFS, in the order of its inodes; needs root) or fail, auto (bulkstat where the volume is the root of an XFS) [default: auto]",
        HelpName = "MODE",
        Recursive = true,
    };

    internal Option<string[]> Plugins { get; } = new("--plugins")
    {
        Description = "A directory of plug-ins besides the built-in one; may be repeated [env: STORAGE_ENGINES_PLUGINS, separated by ':']",
        HelpName = "DIR",
        Recursive = true,
        DefaultValueFactory = _ => [],
    };

    internal Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Print results and errors only, no progress and no remarks", Recursive = true };

    internal Option<bool> NoColor { get; } = new("--no-color") { Description = "Print no colours [env: NO_COLOR]", Recursive = true };

    internal Option<bool> Verbose { get; } = new("--verbose") { Description = "Print stack traces with errors", Recursive = true };

    private Option[] All => [Json, Store, Reflink, Chunker, Walk, Plugins, Quiet, NoColor, Verbose];

    internal void AddTo(Command root) => Array.ForEach(All, root.Add);

    /// <summary>Takes the values that System.CommandLine found.</summary>
    internal void Take(System.CommandLine.ParseResult parse) => Array.ForEach(All, option => option.Take(parse));
}
