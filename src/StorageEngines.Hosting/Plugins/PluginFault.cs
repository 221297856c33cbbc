namespace StorageEngines.Hosting;

/// <summary>What is wrong with a plug-in. New faults may be added.</summary>
public enum PluginFault
{
    /// <summary>A configured plug-in directory is not there or cannot be read.</summary>
    DirectoryUnreadable,

    /// <summary><c>plugin.json</c> cannot be read, is no JSON, or lacks something.</summary>
    ManifestInvalid,

    /// <summary>The folder or a file in it may be written by everybody, so that anybody could run code here.</summary>
    UnsafePermissions,

    /// <summary>The entry assembly is not there.</summary>
    EntryMissing,

    /// <summary>The entry is not a .NET assembly.</summary>
    NotAnAssembly,

    /// <summary>The entry has no <see cref="StorageEnginePluginAttribute"/>, or an unreadable one.</summary>
    NotAPlugin,

    /// <summary>It was built for a contract that is newer than this host's.</summary>
    ContractTooNew,

    /// <summary>It was built for a contract of an older major version.</summary>
    ContractTooOld,

    /// <summary><c>plugin.json</c> and the assembly do not agree.</summary>
    ManifestMismatch,

    /// <summary>It was built for a .NET that this process does not run.</summary>
    WrongFramework,

    /// <summary>An assembly that it needs is not in its folder.</summary>
    MissingDependency,

    /// <summary>It needs a newer version of an assembly that the host shares with it.</summary>
    SharedTooOld,

    /// <summary>The runtime could not load it.</summary>
    LoadFailed,

    /// <summary>The factory type is not there, or is no public factory with a public constructor without parameters.</summary>
    NoFactory,

    /// <summary>The factory's own code failed.</summary>
    FactoryThrew,

    /// <summary>Another plug-in with the same id and version was found first.</summary>
    Duplicate,
}
