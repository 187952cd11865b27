//! In the memory of one process.

use std::sync::Arc;

use mail_session::places::{MemoryPlaces, Places};

use crate::contract::Scene;

impl Scene for MemoryPlaces {
    fn places(&self) -> Arc<dyn Places> {
        Arc::new(self.clone())
    }
}

contract!(MemoryPlaces::new());
